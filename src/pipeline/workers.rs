//! Work on many files by threads with deep stacks, largest first, with results in the files' order.
//! Must not know what the work is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use index_vec::IndexVec;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::base::{FileId, panic_message};

/// Stack of a worker: what recursion within the depth limits of parsing and lowering needs, several times over.
const STACK: usize = 16 << 20;

/// A pool of so many threads; 0: one a core.
///
/// # Errors
/// The system gives no threads.
pub(super) fn pool(threads: usize) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).thread_name(|n| format!("haechi-{n}")).build()
}

/// Does the work for every file. Threads take the next largest file as they come free, so that no large one is left for
/// the end; the results are in the order of the ids, whatever the threads did. A panic becomes its message.
pub(super) fn for_each_file<T: Send>(
    pool: &ThreadPool,
    sizes: &IndexVec<FileId, u64>,
    work: impl Fn(FileId) -> T + Sync,
) -> IndexVec<FileId, Result<T, String>> {
    let mut order: Vec<FileId> = sizes.indices().collect();
    order.sort_by_key(|&file| std::cmp::Reverse(sizes[file]));
    let next = AtomicUsize::new(0);
    let parts = pool.broadcast(|_| {
        let mut done = Vec::with_capacity(order.len() / pool.current_num_threads().max(1) + 1);
        while let Some(&file) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            // What the work shares across files (interners, thread-local parsers) is valid after a panic.
            let result = catch_unwind(AssertUnwindSafe(|| work(file))).map_err(|panic| panic_message(panic.as_ref()));
            done.push((file, result));
        }
        done
    });
    let mut all: Vec<_> = parts.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(file, _)| *file);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_files_and_a_panic_stays_with_its_file() {
        let sizes: IndexVec<FileId, u64> = (0..200).map(|n| (n * 37) % 101).collect();
        let pool = pool(4).unwrap();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let results = for_each_file(&pool, &sizes, |file| {
            assert!(file.index() != 77, "file {} is bad", file.index());
            file.index() * 2
        });
        std::panic::set_hook(hook);
        for (file, result) in results.iter_enumerated() {
            match file.index() {
                77 => assert_eq!(result.as_ref().unwrap_err(), "file 77 is bad"),
                n => assert_eq!(*result, Ok(n * 2)),
            }
        }
    }

    #[test]
    fn stacks_are_deep() {
        fn down(n: usize) -> usize {
            let pad = std::hint::black_box([n; 64]);
            if n == 0 { pad[0] } else { down(n - 1) + pad[1] - pad[2] + 1 }
        }
        let sizes: IndexVec<FileId, u64> = index_vec::index_vec![1];
        let results = for_each_file(&pool(1).unwrap(), &sizes, |_| down(10_000));
        assert_eq!(results[0], Ok(10_000));
    }
}
