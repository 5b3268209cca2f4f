//! Rules and catalogue as reports look at them. Must not know how they were loaded.

use std::collections::BTreeMap;

use index_vec::IndexSlice;

use crate::base::RuleId;
use crate::rules::{Category, Item, LocalText, Locale, Rule, RuleSet};

/// Rules and the catalogue's items with their names at hand.
#[derive(Debug)]
pub struct Rulebook<'a> {
    /// The rules, sorted by id.
    pub rules: &'a IndexSlice<RuleId, [Rule]>,
    /// The seven categories.
    pub categories: &'a [Category],
    /// The guideline's items, in its order.
    pub items: &'a [Item],
    names: BTreeMap<&'a str, &'a LocalText>,
    by_id: BTreeMap<&'a str, RuleId>,
}

impl<'a> Rulebook<'a> {
    /// Of a loaded rule set.
    #[must_use]
    pub fn of(set: &'a RuleSet) -> Self {
        let standard = set.catalog.standard.iter().map(|item| (item.id.as_str(), &item.name));
        Rulebook::new(&set.rules, &set.catalog.categories, &set.catalog.items, standard)
    }

    /// Of rules, categories, the guideline's items, and the names of the national standard's items.
    pub fn new(
        rules: &'a IndexSlice<RuleId, [Rule]>,
        categories: &'a [Category],
        items: &'a [Item],
        standard: impl IntoIterator<Item = (&'a str, &'a LocalText)>,
    ) -> Self {
        let mut names: BTreeMap<&str, &LocalText> = standard.into_iter().collect();
        names.extend(items.iter().map(|item| (item.id.as_str(), &item.name)));
        let by_id = rules.iter_enumerated().map(|(id, rule)| (rule.id.as_str(), id)).collect();
        Rulebook { rules, categories, items, names, by_id }
    }

    /// A rule by its id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&'a Rule> {
        self.rules.get(id)
    }

    /// A rule's number by its id.
    #[must_use]
    pub fn rule_id(&self, id: &str) -> Option<RuleId> {
        self.by_id.get(id).copied()
    }

    /// The name of an item of the guideline or the national standard; empty where there is none.
    #[must_use]
    pub fn item_name(&self, id: &str, locale: Locale) -> &'a str {
        self.names.get(id).map_or("", |name| name.get(locale))
    }

    /// A category's name.
    #[must_use]
    pub fn category_name(&self, number: u8, locale: Locale) -> &'a str {
        self.categories.iter().find(|category| category.number == number).map_or("", |category| category.name.get(locale))
    }

    /// The rule's first item and its name in one string (`J1-01 SQL 삽입`); without items its first CWE and its title.
    #[must_use]
    pub fn category_label(&self, rule: &Rule, locale: Locale) -> String {
        match (rule.items.first(), rule.cwe.first()) {
            (Some(item), _) => format!("{item} {}", self.item_name(item, locale)).trim_end().to_owned(),
            (None, Some(cwe)) => format!("CWE-{cwe} {}", rule.title.get(locale)),
            (None, None) => rule.title.get(locale).to_owned(),
        }
    }
}
