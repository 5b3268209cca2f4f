//! Small shapes of the YAML that serde's derive reads only with poor messages: one or many, scalars, maps of slots.
//! Also compiled into build.rs, so it must not know anything but serde.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A string, integer or boolean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar {
    Str(String),
    Int(i64),
    Bool(bool),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Str(text) => f.write_str(text),
            Scalar::Int(number) => write!(f, "{number}"),
            Scalar::Bool(value) => write!(f, "{value}"),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, an integer or a boolean")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Str(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Int(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
                i64::try_from(number).map(Scalar::Int).map_err(|_| E::custom("the number is too large"))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Str(number.to_string()))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany(Vec::new())
    }
}

impl<T> std::ops::Deref for OneOrMany<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of them")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::BoolDeserializer::new(value)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::I64Deserializer::new(number)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::U64Deserializer::new(number)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMany<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany<T>, A::Error> {
                let mut many = Vec::with_capacity(seq.size_hint().unwrap_or(0));
                while let Some(one) = seq.next_element()? {
                    many.push(one);
                }
                Ok(OneOrMany(many))
            }
        }
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

/// Slot to one or several words: `{ 0: sql, this: ssrf }`. In the order written.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotMap(pub(super) Vec<(String, Vec<String>)>);

struct SlotMapVisitor;

impl<'de> Visitor<'de> for SlotMapVisitor {
    type Value = SlotMap;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from a slot (0, 1, this, return, rest:1) to a word or a list of words")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SlotMap, A::Error> {
        let mut slots: Vec<(String, Vec<String>)> = Vec::new();
        while let Some(slot) = map.next_key::<String>()? {
            if slots.iter().any(|(known, _)| *known == slot) {
                return Err(de::Error::custom(format_args!("the slot `{slot}` is given twice")));
            }
            let words: OneOrMany<Scalar> = map.next_value()?;
            slots.push((slot, words.0.iter().map(Scalar::to_string).collect()));
        }
        Ok(SlotMap(slots))
    }
}

impl<'de> Deserialize<'de> for SlotMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SlotMapVisitor)
    }
}

/// Words for the result, or a map of slots.
#[derive(Debug, Clone)]
pub(super) enum SlotOrKind {
    Kinds(Vec<String>),
    Slots(SlotMap),
}

impl<'de> Deserialize<'de> for SlotOrKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SlotOrKindVisitor;
        impl<'de> Visitor<'de> for SlotOrKindVisitor {
            type Value = SlotOrKind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, a list of words, or a map from slots to words")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SlotOrKind, E> {
                Ok(SlotOrKind::Kinds(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SlotOrKind, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = seq.next_element()? {
                    words.push(word);
                }
                Ok(SlotOrKind::Kinds(words))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SlotOrKind, A::Error> {
                SlotMapVisitor.visit_map(map).map(SlotOrKind::Slots)
            }
        }
        deserializer.deserialize_any(SlotOrKindVisitor)
    }
}
