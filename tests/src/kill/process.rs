//! Child processes whose lines arrive in one queue.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A line that a child printed, or `None` when it said its last.
#[derive(Debug)]
pub struct Said {
    /// Which child.
    pub who: usize,
    /// Which of its lives.
    pub life: u32,
    /// What.
    pub line: Option<String>,
}

/// Where the lines arrive.
#[derive(Debug)]
pub struct Queue {
    sender: Sender<Said>,
    lines: Receiver<Said>,
}

impl Default for Queue {
    fn default() -> Self {
        let (sender, lines) = channel();
        Self { sender, lines }
    }
}

impl Queue {
    /// Waits for the next line of anybody.
    ///
    /// # Errors
    /// Never while this queue lives.
    pub fn next(&self) -> io::Result<Said> {
        self.lines.recv().map_err(io::Error::other)
    }
}

/// A running child.
#[derive(Debug)]
pub struct Process {
    child: Child,
    orders: Option<ChildStdin>,
    /// Which of its lives this is.
    pub life: u32,
}

impl Process {
    /// Starts a child; its lines arrive in `queue` under this number.
    ///
    /// # Errors
    /// If the system does not start it.
    pub fn start(command: &mut Command, queue: &Queue, who: usize, life: u32) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("a child without output"))?;
        let sender = queue.sender.clone();
        std::thread::spawn(move || {
            // A line cut off by a kill has no end; what it would have said was not said.
            let mut lines = BufReader::new(output);
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
                let said = Some(line.trim_end().to_owned());
                // An error means that nobody listens any more.
                let _ = sender.send(Said { who, life, line: said });
                line.clear();
            }
            let _ = sender.send(Said { who, life, line: None });
        });
        let orders = child.stdin.take();
        Ok(Self { child, orders, life })
    }

    /// Gives an order.
    ///
    /// # Errors
    /// If the child is gone.
    pub fn order(&mut self, line: &str) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or_else(|| io::Error::other("a child without input"))?;
        writeln!(orders, "{line}")?;
        orders.flush()
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Waits for its own end.
    ///
    /// # Errors
    /// If it did not end well.
    pub fn wait(&mut self) -> io::Result<()> {
        drop(self.orders.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("a child ended with {status}"))) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
