package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * A KV bucket over a stream whose messages are its journal. Physical: it knows sequences, not
 * revisions. Thread-safe; every call ends within the store's request timeout.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s: {@code
 * VERSION_CONFLICT} (transient) when an expected sequence was not met, {@code VALUE_TOO_LARGE},
 * {@code STORE_FULL}, {@code CLOSED} (not transient), {@code CONNECTION_FAILED} (transient; whether
 * a write was applied is unknown). A write that failed is never applied later.
 */
public interface HotBucket {

  /** For {@code expectedSequence}: the write is unconditional. */
  long ANY = -1;

  /** For {@code expectedSequence}: there must be neither a value nor a marker. */
  long NONE = 0;

  /** The bucket's full name, with prefix: what journals are filed under. */
  String name();

  /** The raw subject of a key. */
  String subject(StateKey key);

  /** Asks the leader what the stream holds. */
  BucketState state();

  /**
   * Whether {@link ReadFrom#ANY_REPLICA} can answer with less than the leader knows; false for a
   * bucket with one replica.
   */
  boolean hasReplicas();

  /**
   * How long the server keeps an entry after its last write, as {@link #state} last found it; zero
   * where it keeps it until it is removed. Does not wait.
   */
  Duration maxAge();

  /**
   * The largest value that fits into a message with any metadata: what is no larger can be written,
   * hydrated and restored alike. Without a connection, as the last one said.
   */
  int maxValueBytes();

  /**
   * Stores one message and returns its sequence.
   *
   * @param expectedSequence the physical sequence of the key's latest message, {@link #NONE} or
   *     {@link #ANY}
   */
  long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence);

  /**
   * {@link #publish} without waiting for the acknowledgement. Blocks while the window of
   * unacknowledged writes is full. Messages of one thread are stored in the order of its calls. The
   * future completes exceptionally with a {@code PersistenceException} itself.
   */
  CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence);

  /** The key's latest message, value or marker. Does not look at {@code expiresAt}. */
  Optional<HotEntry> get(StateKey key, ReadFrom from);

  /** {@link #get} without waiting. */
  CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from);

  /** The latest message of each key that has one, in one pass. Complete, or an exception. */
  Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from);

  /**
   * The latest message, without its value, of each of the owner's keys that start with {@code
   * prefix}; markers too. Complete, or an exception: each key that had a message when the call
   * began is listed unless it was evicted meanwhile. With {@linkplain #hasReplicas replicas} the
   * message can be an older one of that key than the leader has.
   */
  List<HotEntry> list(String agent, String prefix);

  /**
   * Those of the owner's keys that have a message, value or marker, without waiting. Complete as
   * {@link #list} is, or an exception.
   */
  default CompletableFuture<Set<StateKey>> keysAsync(String agent) {
    try {
      return CompletableFuture.completedFuture(
          list(agent, "").stream().map(HotEntry::key).collect(Collectors.toUnmodifiableSet()));
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Removes the subject's messages up to and including {@code throughSequence}. Leaves no marker,
   * makes no new sequence, and keeps a later message.
   */
  CompletableFuture<Void> evict(String subject, long throughSequence);

  /** {@link #evict} of all of the owner's keys. Waits for the answer. */
  void evictAgent(String agent, long throughSequence);

  /** Opens a reader of the stream. */
  JournalReader read(JournalRange range);

  /** Tells every runtime that listens on {@link #onNudge} to flush now. Best effort. */
  void nudge();

  /**
   * Calls {@code action} at every nudge by any runtime. Returns at once; the action must be quick.
   */
  void onNudge(Runnable action);
}
