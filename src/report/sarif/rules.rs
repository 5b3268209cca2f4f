//! The tool's part of a log: rules and taxonomies. Must not know results.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
    ReportingDescriptorRelationship, ToolComponent, ToolComponentReference,
};

use super::{SarifProfile, multi, notification_descriptors};
use crate::base::RuleId;
use crate::report::Report;
use crate::report::texts::{self, confidence_id, either, pick, severity_id};
use crate::rules::{Confidence, Locale, Rule, Severity};

/// The taxonomies' names, as references name them.
pub(super) const CWE: &str = "CWE";
pub(super) const GUIDELINE: &str = "secure-coding-guideline";

/// The rules of a log and their places in it.
pub(super) struct Rules<'a> {
    profile: SarifProfile,
    rules: Vec<(RuleId, &'a Rule)>,
    indices: BTreeMap<RuleId, i64>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(report: &Report<'a>, profile: SarifProfile) -> Self {
        // Rules that ran, and any that found something all the same: a result must have its rule.
        let found = report.result.findings.iter().map(|one| one.finding.rule);
        let ids: BTreeSet<RuleId> = report.result.selected.iter().copied().chain(found).collect();
        let rules: Vec<_> = ids.into_iter().filter_map(|id| Some((id, report.book.rule(id)?))).collect();
        let indices = (0..).zip(&rules).map(|(index, (id, _))| (*id, index)).collect();
        Rules { profile, rules, indices }
    }

    pub(super) fn index(&self, rule: RuleId) -> Option<i64> {
        self.indices.get(&rule).copied()
    }

    pub(super) fn driver(&self, report: &Report<'_>) -> ToolComponent {
        let version = env!("CARGO_PKG_VERSION");
        let taxonomies = (self.profile == SarifProfile::Full).then(|| vec![component(CWE), component(GUIDELINE)]);
        ToolComponent {
            full_name: Some(format!("haechi {version}")),
            version: Some(version.to_owned()),
            semantic_version: Some(version.to_owned()),
            information_uri: information_uri(),
            language: Some(pick(report.locale, "ko", "en").to_owned()),
            short_description: Some(multi(pick(
                report.locale,
                "자바·C 시큐어코딩 점검 도구",
                "Secure-coding scanner for Java and C",
            ))),
            rules: Some(self.rules.iter().map(|(_, rule)| self.descriptor(report, rule)).collect()),
            notifications: Some(notification_descriptors(report)),
            supported_taxonomies: taxonomies,
            ..empty_component("haechi")
        }
    }

    fn descriptor(&self, report: &Report<'_>, rule: &Rule) -> ReportingDescriptor {
        let locale = report.locale;
        let title = either(&rule.title, locale);
        let cwe: Vec<Value> = rule.cwe.iter().map(|number| Value::from(format!("CWE-{number}"))).collect();
        let mut properties = json!({
            "cwe": cwe,
            "category": report.book.category_label(rule, locale),
            "items": rule.items,
            "precision": confidence_id(rule.confidence),
            "security-severity": security_severity(rule.severity),
            "problem.severity": problem_severity(rule.severity),
            "severity": severity_id(rule.severity),
        });
        let additional = properties.as_object_mut().map(std::mem::take).unwrap_or_default().into_iter().collect();
        let relationships = (self.profile == SarifProfile::Full).then(|| relationships(rule));
        ReportingDescriptor {
            name: Some(self.cut(title)),
            short_description: Some(multi(self.cut(title))),
            full_description: Some(multi(self.cut(&texts::general_message(rule, locale)))),
            help: Some(self.help(report, rule)),
            help_uri: rule.cwe.first().map(|number| cwe_uri(*number)),
            default_configuration: Some(ReportingConfiguration {
                level: Some(Value::from(level(rule.severity))),
                ..ReportingConfiguration::default()
            }),
            relationships: relationships.filter(|list| !list.is_empty()),
            properties: Some(PropertyBag { tags: Some(self.tags(rule)), additional_properties: additional }),
            ..ReportingDescriptor::builder().id(rule.id.as_str()).build()
        }
    }

    fn cut(&self, text: &str) -> String {
        text.chars().take(self.profile.max_description()).collect()
    }

    fn tags(&self, rule: &Rule) -> Vec<String> {
        let mut tags = vec!["security".to_owned()];
        tags.extend(rule.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
        tags.extend(rule.items.iter().map(|item| format!("guideline/{item}")));
        tags.truncate(self.profile.max_tags());
        tags
    }

    fn help(&self, report: &Report<'_>, rule: &Rule) -> MultiformatMessageString {
        let locale = report.locale;
        let remedy = either(&rule.remedy, locale);
        let items: Vec<String> = rule
            .items
            .iter()
            .map(|item| format!("{item} {}", report.book.item_name(item, locale)).trim_end().to_owned())
            .collect();
        let cwe: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
        let links: Vec<String> = rule.cwe.iter().map(|number| format!("[CWE-{number}]({})", cwe_uri(*number))).collect();
        let item_label = pick(locale, "점검 항목", "Guideline");
        let remedy_label = pick(locale, "조치 방법", "Remedy");
        let general = texts::general_message(rule, locale);
        let mut text = format!("{general}\n{remedy_label}: {remedy}");
        let mut markdown = format!("{general}\n\n**{remedy_label}**: {remedy}");
        if !items.is_empty() {
            text.push_str(&format!("\n{item_label}: {}", items.join(", ")));
            markdown.push_str(&format!("\n\n**{item_label}**: {}", items.join(", ")));
        }
        if !cwe.is_empty() {
            text.push_str(&format!("\n{}", cwe.join(", ")));
            markdown.push_str(&format!("\n\n{}", links.join(", ")));
        }
        MultiformatMessageString { text, markdown: Some(markdown), properties: None }
    }

    /// CWE and the guideline, with those entries that the log's rules name.
    pub(super) fn taxonomies(&self, report: &Report<'_>) -> Vec<ToolComponent> {
        let numbers: BTreeSet<u32> = self.rules.iter().flat_map(|(_, rule)| rule.cwe.iter().copied()).collect();
        let items: BTreeSet<&str> = self.rules.iter().flat_map(|(_, rule)| rule.items.iter().map(String::as_str)).collect();
        let cwe = numbers
            .into_iter()
            .map(|number| ReportingDescriptor {
                help_uri: Some(cwe_uri(number)),
                ..ReportingDescriptor::builder().id(format!("CWE-{number}")).build()
            })
            .collect();
        let guideline = items
            .into_iter()
            .map(|item| {
                let name = report.book.item_name(item, report.locale);
                ReportingDescriptor {
                    short_description: (!name.is_empty()).then(|| multi(name)),
                    ..ReportingDescriptor::builder().id(item).build()
                }
            })
            .collect();
        vec![
            ToolComponent {
                organization: Some("MITRE".to_owned()),
                information_uri: Some("https://cwe.mitre.org/".to_owned()),
                short_description: Some(multi("Common Weakness Enumeration")),
                is_comprehensive: Some(false),
                taxa: Some(cwe),
                ..empty_component(CWE)
            },
            ToolComponent {
                short_description: Some(multi(match report.locale {
                    Locale::Ko => "안전한 코딩지침과 구현단계 보안약점 제거 기준",
                    Locale::En => "The secure-coding guideline and the national standard's weaknesses",
                })),
                is_comprehensive: Some(false),
                taxa: Some(guideline),
                ..empty_component(GUIDELINE)
            },
        ]
    }
}

/// A component with a name and nothing else.
pub(super) fn empty_component(name: &str) -> ToolComponent {
    ToolComponent::builder().name(name).build()
}

fn component(name: &str) -> ToolComponentReference {
    ToolComponentReference { name: Some(name.to_owned()), ..ToolComponentReference::default() }
}

/// A reference to an entry of a taxonomy.
pub(super) fn taxon(id: String, taxonomy: &str) -> ReportingDescriptorReference {
    ReportingDescriptorReference {
        id: Some(id),
        tool_component: Some(component(taxonomy)),
        ..ReportingDescriptorReference::default()
    }
}

fn relationships(rule: &Rule) -> Vec<ReportingDescriptorRelationship> {
    let cwe = rule.cwe.iter().map(|number| taxon(format!("CWE-{number}"), CWE));
    let items = rule.items.iter().map(|item| taxon(item.clone(), GUIDELINE));
    cwe.chain(items)
        .map(|target| ReportingDescriptorRelationship {
            kinds: Some(vec!["relevant".to_owned()]),
            ..ReportingDescriptorRelationship::builder().target(target).build()
        })
        .collect()
}

/// The project's page, where the manifest names one.
fn information_uri() -> Option<String> {
    [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")].into_iter().find(|uri| !uri.is_empty()).map(str::to_owned)
}

fn cwe_uri(number: u32) -> String {
    format!("https://cwe.mitre.org/data/definitions/{number}.html")
}

/// SARIF's level of a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub's score of a severity: over 9 critical, from 7 high, from 4 medium, from 0.1 low.
pub(super) fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.1",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// SARIF's `rank` of a confidence, 0 to 100.
pub(super) fn rank(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::High => 90.0,
        Confidence::Medium => 60.0,
        Confidence::Low => 30.0,
    }
}
