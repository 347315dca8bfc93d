package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import java.time.Duration;
import java.util.BitSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the changes of the shards that are in use, without their values, on a thread of its own,
 * and says which shards it covers.
 *
 * <p>When other shards are wanted, another reader takes the place of the present one: it begins
 * after the last message that the present one has returned or passed over, so it misses nothing of
 * the shards that both read. A shard is covered once the reader that has it is open, and is no
 * longer covered before a reader without it is opened. Such changes are at least {@link #PACE}
 * apart, and each takes in all shards that were asked for meanwhile.
 *
 * <p>The loss of a reader is noticed by its connection, by a missing heartbeat of the server, or by
 * a gap. One that is merely silent is compared with the stream twice a second: if that was
 * recreated, or the reader has not looked at what was in the stream 1.5 s ago, the reader counts as
 * lost: about 2 s after it became deaf. After an interruption the watch begins at the stream's end,
 * since nothing that was kept before is used again.
 */
final class ChangeWatch implements AutoCloseable {

  /** Is called with changes, by one thread. */
  interface Listener {

    /** Changes may have been missed; no shard is covered any more. */
    void interrupted();

    /** A message of the bucket's stream. */
    void changed(JournalEntry entry);

    /** All changes up to this sequence have been delivered. */
    void passed(long sequence);

    /** Time passes; called a few times a second. */
    void ticked();
  }

  private static final Logger LOG = LoggerFactory.getLogger(ChangeWatch.class);
  private static final Duration SLICE = Duration.ofMillis(250);
  private static final long SILENCE_NANOS = Duration.ofMillis(500).toNanos();

  /** A heartbeat every half second says how far the server had looked at the one before. */
  private static final long DEAF_NANOS = Duration.ofMillis(1_500).toNanos();

  private static final Duration PACE = Duration.ofMillis(500);

  private final Journal bucket;
  private final Shards shards;
  private final Listener listener;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final LoopService thread;

  ChangeWatch(Journal bucket, Services services, Shards shards, Listener listener) {
    this.bucket = bucket;
    this.shards = shards;
    this.listener = listener;
    this.thread =
        services.loop(
            "persistence-cache-" + bucket.name(),
            "this runtime's reads go to the stores",
            this::takeTurn);
  }

  void start() {
    thread.start();
  }

  private void takeTurn() {
    try {
      follow();
    } catch (PersistenceException e) {
      interrupted(e);
    } finally {
      shards.endAll();
      listener.interrupted();
    }
    boolean unused = thread.pause(backoff.next());
  }

  private void interrupted(PersistenceException e) {
    if (thread.isOpen()) {
      LOG.debug(
          "bucket {}: the cache's watch is interrupted, reads go to the stores: {}",
          bucket.name(),
          e.getMessage());
    }
  }

  private void follow() {
    BucketState stream = bucket.state();
    listener.ticked();
    listener.passed(stream.lastSequence());
    try (Reading reading = new Reading(stream.lastSequence() + 1)) {
      long comparedAt = System.nanoTime();
      long expected = 0;
      long expectedAt = comparedAt;
      while (thread.isOpen()) {
        thread.succeeded();
        JournalEntry next = thread.await(() -> reading.reader.next(SLICE)).orElse(null);
        listener.ticked();
        long now = System.nanoTime();
        if (next != null) {
          listener.changed(next);
          listener.passed(next.sequence());
          backoff.reset();
          comparedAt = next.pending() > 0 ? comparedAt : now;
        } else {
          long position = reading.reader.position();
          listener.passed(position);
          boolean behind = position < expected;
          if (behind && now - expectedAt > DEAF_NANOS) {
            LOG.debug("bucket {}: the cache's watch fell silent, it begins again", bucket.name());
            return;
          }
          if (now - comparedAt > SILENCE_NANOS) {
            BucketState present = bucket.state();
            if (!present.created().equals(stream.created()) || present.lastSequence() < position) {
              LOG.debug(
                  "bucket {}: the stream is another one, the watch begins again", bucket.name());
              return;
            }
            comparedAt = System.nanoTime();
            expected = behind ? expected : present.lastSequence();
            expectedAt = behind ? expectedAt : comparedAt;
          }
        }
        reading.changeWhenDue(now);
      }
    }
  }

  @Override
  public void close() {
    boolean unused = thread.close(Duration.ofSeconds(10));
  }

  /** The present reader and what it covers. */
  private final class Reading implements AutoCloseable {

    private JournalReader reader;
    private BitSet covered;
    private long lookedAt = System.nanoTime();

    Reading(long from) {
      covered = shards.wanted();
      reader = open(from, covered);
      cover();
    }

    /** Whether the server filters or not, and whatever for: a reader of everything covers all. */
    private void cover() {
      covered = reader.readsAllShards() ? Shards.all() : covered;
      shards.cover(covered);
    }

    void changeWhenDue(long now) {
      if (now - lookedAt < PACE.toNanos() || reader.readsAllShards()) {
        return;
      }
      lookedAt = now;
      BitSet wanted = shards.wantedAfter(covered);
      if (wanted.equals(covered)) {
        return;
      }
      covered.and(wanted);
      shards.cover(covered);
      JournalReader present = reader;
      reader = open(present.position() + 1, wanted);
      present.close();
      covered = wanted;
      cover();
    }

    private JournalReader open(long from, BitSet wanted) {
      JournalRange range = JournalRange.from(from).withoutValues();
      boolean some = wanted.cardinality() < AgentId.SHARDS;
      Set<Integer> chosen = wanted.stream().boxed().collect(Collectors.toSet());
      return bucket.read(some ? range.ofShards(chosen) : range);
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
