//! The catalogue: the guideline's items and categories, the national standard, the diagnostic rules of the tool in use,
//! the rows of attachment 1 and the server's configuration checks. Must not know YAML's shape beyond the raw types.

use super::error::{RulesError, Source};
use super::raw;
use super::rule::{Category, Item, Language, LocalText};

/// An item of the national standard (구현단계 보안약점 제거 기준).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardItem {
    /// `K1-01`.
    pub id: String,
    /// 1 to 7.
    pub category: u8,
    /// Its name.
    pub name: LocalText,
    /// CWE numbers.
    pub cwe: Vec<u32>,
}

/// A diagnostic rule (진단 Rule) of the tool that the guideline's evidence names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosticRule {
    /// 보안 or 품질.
    pub group: String,
    /// Its name there.
    pub name: String,
    /// Items (`J1-01`) and CWEs (`CWE-501`) that answer it here.
    pub serves: Vec<String>,
}

/// A row of attachment 1 (웹 취약점 사후 조치보고서).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment1Row {
    /// 점검사항.
    pub name: String,
    /// The items that decide it (`category 1`: all of a category); empty: left for the reviewer.
    pub items: Vec<String>,
}

/// A configuration check of the servlet container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCheck {
    /// `TOM-101`.
    pub id: String,
    /// 서비스관리 and so on.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Whether files of the repository decide it; otherwise only the running host does.
    pub in_files: bool,
    /// How it can be found.
    pub detect: String,
}

/// All of it, in the order of the files.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The seven categories.
    pub categories: Vec<Category>,
    /// The guideline's items, Java first.
    pub items: Vec<Item>,
    /// The national standard's 49.
    pub standard: Vec<StandardItem>,
    /// Diagnostic rules of the tool in use.
    pub diagnostics: Vec<DiagnosticRule>,
    /// Attachment 1's columns.
    pub attachment1_columns: Vec<String>,
    /// Attachment 1's rows.
    pub attachment1: Vec<Attachment1Row>,
    /// Server checks.
    pub server_checks: Vec<ServerCheck>,
}

impl Catalog {
    /// An item by its id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// An item of the national standard by its id.
    #[must_use]
    pub fn standard_item(&self, id: &str) -> Option<&StandardItem> {
        self.standard.iter().find(|item| item.id == id)
    }

    /// A server check by its id.
    #[must_use]
    pub fn server_check(&self, id: &str) -> Option<&ServerCheck> {
        self.server_checks.iter().find(|check| check.id == id)
    }

    /// A category by its number, 1 to 7.
    #[must_use]
    pub fn category(&self, number: u8) -> Option<&Category> {
        self.categories.iter().find(|category| category.number == number)
    }

    /// A category by its id, `input-validation` and so on.
    #[must_use]
    pub fn category_by_id(&self, id: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// The category of whatever an item id names; server checks have none.
    pub(super) fn category_of(&self, id: &str) -> Option<u8> {
        self.item(id).map(|item| item.category).or_else(|| self.standard_item(id).map(|item| item.category))
    }

    /// Every id that a rule's `items` may hold.
    pub fn item_ids(&self) -> impl Iterator<Item = &str> {
        let items = self.items.iter().map(|item| item.id.as_str());
        let standard = self.standard.iter().map(|item| item.id.as_str());
        items.chain(standard).chain(self.server_checks.iter().map(|check| check.id.as_str()))
    }

    pub(super) fn add_items(&mut self, source: Source<'_>, raw: raw::RawCatalog) -> Result<(), RulesError> {
        for category in raw.categories {
            let name = LocalText { ko: category.ko, en: category.en };
            self.categories.push(Category { number: category.number, id: category.id, name });
        }
        for item in raw.items {
            let language = match item.language.as_str() {
                "java" => Language::Java,
                "c" => Language::C,
                other => return Err(source.unknown("language", "language", other, ["java", "c"])),
            };
            if self.item(&item.id).is_some() {
                let at = source.at("id", &item.id);
                return Err(RulesError::DuplicateId { at, id: item.id, other: source.file.to_owned() });
            }
            if self.category(item.category).is_none() {
                return Err(source.invalid("category", &item.id, "there is no such category"));
            }
            self.items.push(Item {
                id: item.id,
                language,
                category: item.category,
                name: LocalText { ko: item.ko, en: item.en },
                cwe: item.cwe,
                kisa49: item.kisa49,
                question: item.question,
                detect: item.detect,
            });
        }
        Ok(())
    }

    pub(super) fn add_standard(&mut self, raw: raw::RawStandard) {
        self.standard.extend(raw.items.into_iter().map(|item| StandardItem {
            id: item.id,
            category: item.category,
            name: LocalText { ko: item.ko, en: item.en },
            cwe: item.cwe,
        }));
    }

    pub(super) fn add_diagnostics(&mut self, raw: raw::RawDiagnostics) {
        let rules = raw.rules.into_iter();
        self.diagnostics.extend(rules.map(|rule| DiagnosticRule { group: rule.group, name: rule.name, serves: rule.serves }));
    }

    pub(super) fn add_attachment1(&mut self, raw: raw::RawAttachment1) {
        self.attachment1_columns = raw.columns;
        self.attachment1 = raw.rows.into_iter().map(|row| Attachment1Row { name: row.ko, items: row.items }).collect();
    }

    pub(super) fn add_server_checks(&mut self, raw: raw::RawTomcat) {
        self.server_checks.extend(raw.items.into_iter().map(|item| ServerCheck {
            id: item.id,
            area: item.area,
            name: item.ko,
            in_files: item.means == "file",
            detect: item.detect,
        }));
    }
}
