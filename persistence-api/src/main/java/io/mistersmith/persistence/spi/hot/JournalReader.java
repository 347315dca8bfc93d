package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a bucket's stream in order, without acknowledgements and without a position that outlives
 * it. Used by one thread. Prefetches no more than the store's bound of bytes.
 */
public interface JournalReader extends AutoCloseable {

  /**
   * The next message, or empty when none came in {@code wait}; zero asks for what is already here.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when the reader has lost
   *     its place or its connection; close it and open another one. A bucket that was deleted under
   *     the reader may also just stay silent: a caller that waits long asks {@link Journal#state()}
   */
  Optional<JournalEntry> next(Duration wait);

  /**
   * Returns how far this reader has looked at the stream: {@link #next} has returned every message
   * of its range up to and including this sequence, or another program has removed it. It grows
   * with each message returned, and while none comes it follows the end of the stream within about
   * a second, so that a reader of few owners can be compared with {@link Journal#state()}. It never
   * decreases.
   */
  long position();

  /**
   * Returns whether messages of all shards are delivered although the range names some. Servers
   * that take one filter a reader do so (NATS before 2.10.22).
   */
  default boolean readsAllShards() {
    return false;
  }

  @Override
  void close();

  /**
   * The range of messages of a bucket's stream to read.
   *
   * @param start where to begin
   * @param agent only this owner's, if given
   * @param prefix of that owner's, only those whose {@linkplain StateKey#path path} starts with
   *     this
   * @param shards only messages of owners in these {@linkplain AgentId#shard() shards}; empty for
   *     all. Not combined with an owner
   * @param headersOnly leave the values out
   */
  record JournalRange(
      Start start,
      Optional<AgentId> agent,
      String prefix,
      Set<Integer> shards,
      boolean headersOnly) {

    /** Copies the shards. */
    public JournalRange {
      shards = Set.copyOf(shards);
    }

    /** The start of a range. */
    public sealed interface Start {

      /** At the first message with at least this sequence. */
      record AtSequence(long sequence) implements Start {}

      /** At the first message stored at or after this time. */
      record AtTime(Instant time) implements Start {}
    }

    /** Everything from this sequence on. */
    public static JournalRange from(long sequence) {
      return all(new Start.AtSequence(sequence));
    }

    /** Everything from this time on. */
    public static JournalRange from(Instant time) {
      return all(new Start.AtTime(time));
    }

    private static JournalRange all(Start start) {
      return new JournalRange(start, Optional.empty(), "", Set.of(), false);
    }

    /** This range, without values. */
    public JournalRange withoutValues() {
      return new JournalRange(start, agent, prefix, shards, true);
    }

    /** This range, of all owners in these shards; of all owners when the set is empty. */
    public JournalRange ofShards(Set<Integer> some) {
      return new JournalRange(start, Optional.empty(), "", some, headersOnly);
    }

    /** This range, of one owner. */
    public JournalRange ofAgent(AgentId owner) {
      return ofAgent(owner, "");
    }

    /** This range, of those keys of one owner whose path starts with {@code prefix}. */
    public JournalRange ofAgent(AgentId owner, String prefix) {
      return new JournalRange(start, Optional.of(owner), prefix, Set.of(), headersOnly);
    }
  }
}
