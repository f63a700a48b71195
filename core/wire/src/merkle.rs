//! The hash tree of a batch: the Merkle tree of RFC 9162 §2.1, with labels of our own in place of its prefixes 0 and 1. A tree of n
//! leaves is the one over the largest power of two below n beside the one over the rest.

use crate::hash::{Label, hash};

/// The hash of a leaf.
pub fn leaf(bytes: &[u8]) -> [u8; 32] {
    hash(Label::LEAF, &[bytes])
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hash(Label::NODE, &[left, right])
}

/// A whole tree.
pub struct Tree {
    /// Hashes level by level, leaves first. The last of a level of odd length stands unchanged in the one above it.
    levels: Vec<Vec<[u8; 32]>>,
}

impl Tree {
    /// The tree over these leaves' hashes.
    pub fn new(leaves: Vec<[u8; 32]>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pair = |pair: &[[u8; 32]]| match pair {
                [left, right] => node(left, right),
                _ => pair[0],
            };
            let above = below.chunks(2).map(pair).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// Its root; the hash of nothing for a tree without leaves.
    pub fn root(&self) -> [u8; 32] {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_else(|| hash(Label::NODE, &[]))
    }

    /// The hashes that lead from a leaf to the root.
    pub fn path(&self, mut at: usize) -> Vec<[u8; 32]> {
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(at ^ 1));
            at /= 2;
        }
        path
    }
}

/// The root that a leaf and its path lead to (RFC 9162 §2.1.3.2). `None` if a tree of this size has no such path.
pub fn root_from(leaf: [u8; 32], at: u64, size: u64, path: &[[u8; 32]]) -> Option<[u8; 32]> {
    if at >= size {
        return None;
    }
    let (mut this, mut last, mut hash) = (at, size - 1, leaf);
    for step in path {
        if last == 0 {
            return None;
        }
        if this % 2 == 1 || this == last {
            hash = node(step, &hash);
            // Up past the levels in which it stood unchanged.
            while this % 2 == 0 && this != 0 {
                (this, last) = (this / 2, last / 2);
            }
        } else {
            hash = node(&hash, step);
        }
        (this, last) = (this / 2, last / 2);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: u64) -> Vec<[u8; 32]> {
        (0..n).map(|at| leaf(&at.to_be_bytes())).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_leads_to_its_root_and_to_no_other_place() {
        for size in 1..=40 {
            let tree = Tree::new(leaves(size));
            for at in 0..size {
                let path = tree.path(at as usize);
                let hash = leaf(&at.to_be_bytes());
                assert_eq!(root_from(hash, at, size, &path), Some(tree.root()), "{at} of {size}");
                for other in (0..size).filter(|other| *other != at) {
                    assert_ne!(root_from(hash, other, size, &path), Some(tree.root()), "{at} as {other} of {size}");
                }
                assert_ne!(root_from(leaf(b"another"), at, size, &path), Some(tree.root()));
                let longer = [path.as_slice(), &[[0; 32]]].concat();
                assert_eq!(root_from(hash, at, size, &longer), None, "a step too many");
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(root_from(hash, at, size, shorter), Some(tree.root()), "a step too few");
                }
            }
            assert_eq!(root_from(leaf(b"0"), size, size, &[]), None, "no such leaf");
        }
    }

    #[test]
    fn a_tree_is_the_one_of_the_rfc() {
        // RFC 9162 §2.1.5: seven leaves are ((01)(23))((45)6).
        let l = leaves(7);
        let left = node(&node(&l[0], &l[1]), &node(&l[2], &l[3]));
        let right = node(&node(&l[4], &l[5]), &l[6]);
        assert_eq!(Tree::new(l).root(), node(&left, &right));
    }
}
