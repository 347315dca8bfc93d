package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.PublishAck;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * The whole way of a write to PostgreSQL, twice: the library, and the same by hand. Each has a
 * bucket and keys of its own, and both write one table.
 */
final class Pipelines implements AutoCloseable {

  static final int KEYS = 20_000;
  private static final int WINDOW = 512;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  final Lags lags = new Lags();
  final Lags rawLags = new Lags();
  private final Persistence persistence;
  private final StateRepository<Memory> states;
  private final StateKey[] keys;
  private final String[] subjects;
  private final RawPipeline raw;
  private final JetStream jetStream;
  private final Memory value = Memory.large(7);
  private final byte[] json = value.json();

  Pipelines() throws IOException, JetStreamApiException, SQLException {
    Site site = Site.present();
    String prefix = "flush-" + ProcessHandle.current().pid() + "-";
    persistence = Persistence.open(site.config(prefix).listener(lags).build());
    states = persistence.states(Memory.class);
    keys = Workbench.keys(persistence, 100, KEYS).toArray(StateKey[]::new);
    List<StateKey> theirs = Workbench.keys(persistence, 100, KEYS);
    String bucket = prefix + "RAW";
    subjects =
        theirs.stream()
            .map(key -> "$KV." + bucket + "." + Workbench.plain(key))
            .toArray(String[]::new);
    Connection connection = site.nats();
    jetStream = connection.jetStream();
    raw = new RawPipeline(site, connection, bucket, prefix + "AGENT_STATE", rawLags::add);
  }

  /** Writes so many entries, evenly at this rate, and returns when they are in PostgreSQL. */
  void write(Side side, int writes, double perSecond) throws InterruptedException {
    if (side == Side.RAW) {
      writeRaw(writes, perSecond);
    } else {
      writeOurs(writes, perSecond);
    }
  }

  private void writeOurs(int writes, double perSecond) throws InterruptedException {
    Semaphore window = new Semaphore(WINDOW);
    CompletableFuture<Versioned<Memory>> last = new CompletableFuture<>();
    long start = System.nanoTime();
    for (int i = 0; i < writes; i++) {
      keepTo(start, i, perSecond);
      window.acquire();
      last = states.saveAsync(keys[i % KEYS], value, SaveOptions.unconditional());
      CompletableFuture<?> unused = last.whenComplete((saved, failure) -> window.release());
    }
    states.awaitDurable(keys[(writes - 1) % KEYS], last.join().revision(), PATIENCE);
  }

  private void writeRaw(int writes, double perSecond) throws InterruptedException {
    Semaphore window = new Semaphore(WINDOW);
    CompletableFuture<PublishAck> last = new CompletableFuture<>();
    long start = System.nanoTime();
    for (int i = 0; i < writes; i++) {
      keepTo(start, i, perSecond);
      window.acquire();
      last = jetStream.publishAsync(subjects[i % KEYS], json);
      CompletableFuture<?> unused = last.whenComplete((ack, failure) -> window.release());
    }
    long sequence = last.join().getSeqno();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (raw.position() < sequence) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the hand-written flush does not come to an end");
      }
      LockSupport.parkNanos(500_000);
    }
  }

  /** Waits until write {@code i} is due. */
  private static void keepTo(long start, int i, double perSecond) {
    long due = start + (long) (i / perSecond * 1e9);
    long left = due - System.nanoTime();
    if (left > 0) {
      LockSupport.parkNanos(Math.max(left, 1_000_000));
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      raw.close();
    } finally {
      persistence.close();
    }
  }
}
