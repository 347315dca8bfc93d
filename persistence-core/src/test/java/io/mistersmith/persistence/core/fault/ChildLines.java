package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Reads what a child process prints until its end, on a thread of its own. */
final class ChildLines {

  private final Thread thread;

  private ChildLines(Thread thread) {
    this.thread = thread;
  }

  /** Hands each line over. */
  static ChildLines read(ChildJvm child, Consumer<String> consumer) {
    Thread thread = new Thread(() -> child.stdout().lines().forEach(consumer), "fault-child-lines");
    thread.setDaemon(true);
    thread.start();
    return new ChildLines(thread);
  }

  /** Notes the acknowledgements that a {@link WriterProcess} prints. */
  static ChildLines readAcknowledgements(ChildJvm writer, List<AgentId> agents, Ledger ledger) {
    return read(
        writer,
        line -> {
          if (line.endsWith(";")) {
            String[] part = line.substring(0, line.length() - 1).split(" ", 5);
            ledger.acknowledged(
                StateKey.of(agents.get(Integer.parseInt(part[0])), part[1]),
                new Revision.OfJournal(Long.parseLong(part[2]), Long.parseLong(part[3])),
                Long.parseLong(part[4]));
          }
        });
  }

  /** The next line that was put here. */
  static String next(BlockingQueue<String> lines) {
    try {
      return String.valueOf(lines.poll(120, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A queue for lines. */
  static BlockingQueue<String> queue() {
    return new LinkedBlockingQueue<>();
  }

  /** Waits until the process has ended and all that it printed is read. */
  void awaitEnd() {
    try {
      thread.join(Duration.ofMinutes(2).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    if (thread.isAlive()) {
      throw new IllegalStateException("the child's output does not end");
    }
  }
}
