//! Which rules `--only` and `--skip` mean. Must not know what a rule does.

use std::collections::BTreeSet;

use super::error::{Failure, Outcome};
use crate::base::RuleId;
use crate::rules::{Rule, RuleSet};
use crate::settings::nearest;

/// The rules named by `only` (all, if none is) without those named by `skip`.
pub(super) fn select(rules: &RuleSet, only: &[String], skip: &[String]) -> Outcome<BTreeSet<RuleId>> {
    let mut selected: BTreeSet<RuleId> = BTreeSet::new();
    if only.is_empty() {
        selected.extend(rules.rules.indices());
    }
    for word in only {
        selected.extend(meant(rules, word)?);
    }
    for word in skip {
        for rule in meant(rules, word)? {
            selected.remove(&rule);
        }
    }
    Ok(selected)
}

/// The rules that a word means: a rule's id, an item, a category by number or name, a CWE.
pub(super) fn meant(rules: &RuleSet, word: &str) -> Outcome<Vec<RuleId>> {
    let lower = word.trim().to_ascii_lowercase();
    let by = |fits: &dyn Fn(&Rule) -> bool| -> Vec<RuleId> {
        rules.rules.iter_enumerated().filter(|(_, rule)| fits(rule)).map(|(id, _)| id).collect()
    };
    if let Some((id, _)) = rules.find(&lower) {
        return Ok(vec![id]);
    }
    if let Some(number) = lower.strip_prefix("cwe-").or_else(|| lower.strip_prefix("cwe")).and_then(|n| n.parse::<u32>().ok()) {
        let found = by(&|rule| rule.cwe.contains(&number));
        return if found.is_empty() {
            Err(Failure::new(format!("no rule is about CWE-{number}"), "`haechi rules` lists the rules with their CWEs"))
        } else {
            Ok(found)
        };
    }
    let category = match lower.parse::<u8>() {
        Ok(number) => rules.catalog.category(number),
        Err(_) => rules.catalog.category_by_id(&lower),
    };
    if let Some(category) = category {
        return Ok(by(&|rule| rule.category == category.number));
    }
    let item = lower.to_ascii_uppercase();
    let national = rules.catalog.items.iter().filter(|known| known.kisa49.as_deref() == Some(item.as_str()));
    let through: BTreeSet<&str> = national.map(|known| known.id.as_str()).collect();
    let is_item = !through.is_empty() || rules.catalog.item_ids().any(|id| id == item);
    if is_item {
        // An item without a rule yet is a right word that selects nothing.
        return Ok(by(&|rule| rule.items.iter().any(|id| *id == item || through.contains(id.as_str()))));
    }
    let ids = rules.rules.iter().map(|rule| rule.id.as_str());
    let words = ids.chain(rules.catalog.categories.iter().map(|category| category.id.as_str())).chain(rules.catalog.item_ids());
    let cure = match nearest(&lower, words).or_else(|| nearest(&item, rules.catalog.item_ids())) {
        Some(name) => format!("did you mean {name}?"),
        None => "a rule (java/sql-injection), an item (J1-01), a category (1, input-validation) or CWE-89".to_owned(),
    };
    Err(Failure::new(format!("\"{word}\" is no rule, item, category or CWE"), cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(rules: &RuleSet, word: &str) -> Vec<String> {
        meant(rules, word).unwrap().into_iter().map(|id| rules.rules[id].id.clone()).collect()
    }

    #[test]
    fn words_mean_rules_items_categories_and_cwes() {
        let rules = RuleSet::builtin().unwrap();
        assert_eq!(ids(&rules, "c/double-free"), ["c/double-free"]);
        assert!(ids(&rules, "CWE-415").contains(&"c/double-free".to_owned()));
        let category = ids(&rules, "input-validation");
        assert_eq!(category, ids(&rules, "1"));
        assert!(category.contains(&"c/format-string".to_owned()) && !category.contains(&"c/double-free".to_owned()));
        let item = rules.find("c/double-free").unwrap().1.items[0].clone();
        assert!(ids(&rules, &item).contains(&"c/double-free".to_owned()));
    }

    #[test]
    fn skip_takes_from_only() {
        let rules = RuleSet::builtin().unwrap();
        let all = select(&rules, &[], &[]).unwrap();
        assert_eq!(all.len(), rules.rules.len());
        let some = select(&rules, &["input-validation".to_owned()], &["c/format-string".to_owned()]).unwrap();
        assert_eq!(some.len(), ids(&rules, "1").len() - 1);
    }

    #[test]
    fn a_misspelt_word_brings_the_nearest() {
        let rules = RuleSet::builtin().unwrap();
        let failure = meant(&rules, "c/double-fre").unwrap_err();
        assert_eq!(failure.cure.as_deref(), Some("did you mean c/double-free?"));
    }
}
