//! The marks of taint on one value. Must not know values.

use std::ops::Deref;
use std::rc::Rc;

use smallvec::SmallVec;

use super::value::Mark;

/// A value's marks. Most values have none, and most others have those of the value they were made of: copies share.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Marks(Option<Rc<SmallVec<[Mark; 1]>>>);

impl Marks {
    /// One mark.
    pub(super) fn one(mark: Mark) -> Marks {
        Marks(Some(Rc::new(SmallVec::from_buf([mark]))))
    }

    pub(super) fn push(&mut self, mark: Mark) {
        match &mut self.0 {
            Some(marks) => Rc::make_mut(marks).push(mark),
            None => *self = Marks::one(mark),
        }
    }

    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// All of them, to be changed.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Mark> {
        self.0.as_mut().map(|marks| Rc::make_mut(marks).as_mut_slice()).unwrap_or_default().iter_mut()
    }
}

impl Deref for Marks {
    type Target = [Mark];

    fn deref(&self) -> &[Mark] {
        self.0.as_deref().map_or(&[], SmallVec::as_slice)
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Marks {
        let marks: SmallVec<[Mark; 1]> = marks.into_iter().collect();
        Marks(if marks.is_empty() { None } else { Some(Rc::new(marks)) })
    }
}

impl<'m> IntoIterator for &'m Marks {
    type Item = &'m Mark;
    type IntoIter = std::slice::Iter<'m, Mark>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'m> IntoIterator for &'m mut Marks {
    type Item = &'m mut Mark;
    type IntoIter = std::slice::IterMut<'m, Mark>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl IntoIterator for Marks {
    type Item = Mark;
    type IntoIter = smallvec::IntoIter<[Mark; 1]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(Rc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}
