package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.config.Bucket;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** The hot side of the stores: opens buckets. Thread-safe. */
public interface HotStore {

  /**
   * Returns the bucket, and creates it if it does not exist. The same handle every time.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when it can neither be found nor
   *     created, or must not be used as it is
   */
  HotBucket bucket(Bucket bucket);

  /** Returns the streams. */
  StreamStore streams();

  /**
   * Calls {@code action} whenever the connection to the hot store was lost and is back, or entries
   * can be written again that could not for a while, as during an election. The action must be
   * quick: the other actions wait for it.
   */
  void onReconnect(Runnable action);

  /**
   * Returns the present outage. It begins when the loss of the connection is noticed; from then on
   * calls fail at once as {@code CONNECTION_FAILED}, and send nothing. It ends when the store
   * answers again, before the actions of {@link #onReconnect} are called. Does not wait.
   */
  Optional<Outage> outage();

  /**
   * Calls {@code action} whenever an {@linkplain #outage outage} begins. The action must be quick.
   */
  void onOutage(Runnable action);

  /**
   * Sends a signal to all runtimes of this installation, this one too. Does not wait; a runtime
   * that is not connected misses it, so that it can only save waiting.
   *
   * @param topic letters, digits and hyphens
   */
  void signal(String topic);

  /** Calls {@code action} at each {@link #signal} of the topic. The action must be quick. */
  void onSignal(String topic, Runnable action);

  /**
   * Returns the hot store's clock, as closely as this runtime knows it. Ends and ages of entries
   * are judged by it alone: a process whose own clock is wrong judges as all others do.
   */
  Clock clock();

  /**
   * A time during which this runtime has no connection to the hot store.
   *
   * @param since when it was noticed, by {@link #clock()}
   * @param why what was found, as a clause
   */
  record Outage(Instant since, String why) {}

  /**
   * A KV bucket over a stream whose messages are its journal, split by use. Physical: it knows
   * sequences, not revisions. Thread-safe; every call ends within the store's request timeout.
   *
   * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s: {@code
   * VERSION_CONFLICT} (transient) when an expected sequence was not met, {@code VALUE_TOO_LARGE},
   * {@code STORE_FULL}, {@code CLOSED} (not transient), {@code CONNECTION_FAILED} and {@code
   * UNAVAILABLE} (transient; nothing was applied), {@code TIMEOUT} of a read (transient), and
   * {@code OUTCOME_UNKNOWN} of a write (transient; it was sent, and its acknowledgement did not
   * come). A write that failed is never applied later.
   *
   * <p>A bucket bears the identity of the {@linkplain
   * io.mistersmith.persistence.spi.sql.JournalStore#installation installation} that uses it; one
   * that is created here bears it from the start. While it bears another one's, every call of
   * {@link HotReads} and {@link HotWrites} that waits for the server fails as {@code
   * MISCONFIGURED}; the {@link Journal} still answers. The store compares the identity whenever it
   * looks at the stream, and before the first write over a new connection, so that this costs no
   * write a round trip. A bucket that bears none can be used.
   *
   * @param reads the latest entries of its keys
   * @param writes publishes and removes entries
   * @param journal its stream
   */
  record HotBucket(HotReads reads, HotWrites writes, Journal journal) {

    /** Returns the bucket's full name, with prefix. */
    public String name() {
      return journal.name();
    }
  }
}
