//! A table of the world as a commit in progress would leave it.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// A table with changes that are not durable yet.
#[derive(Debug)]
pub struct Layer<'a, K, V> {
    pub(super) base: &'a HashMap<K, V>,
    pub(super) new: HashMap<K, V>,
}

impl<'a, K: Eq + Hash + Clone, V: Clone> Layer<'a, K, V> {
    pub(super) fn over(base: &'a HashMap<K, V>) -> Self {
        Self { base, new: HashMap::new() }
    }

    /// The value as the commit would leave it.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.new.get(key).or_else(|| self.base.get(key))
    }

    /// A copy to change, if there is a value.
    pub fn edit(&mut self, key: &K) -> Option<&mut V> {
        if !self.new.contains_key(key) {
            self.new.insert(key.clone(), self.base.get(key)?.clone());
        }
        self.new.get_mut(key)
    }

    /// Sets a value.
    pub fn insert(&mut self, key: K, value: V) {
        self.new.insert(key, value);
    }
}

impl<K: Eq + Hash + Clone, V: Clone + Default> Layer<'_, K, V> {
    /// A copy to change, made if there is none.
    pub fn edit_or_default(&mut self, key: K) -> &mut V {
        let base = self.base;
        self.new.entry(key.clone()).or_insert_with(|| base.get(&key).cloned().unwrap_or_default())
    }
}
