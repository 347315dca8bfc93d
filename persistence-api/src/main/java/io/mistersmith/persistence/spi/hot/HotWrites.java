package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Publishes and removes the entries of a bucket; see {@link HotStore.HotBucket}. Thread-safe. */
public interface HotWrites {

  /** For {@code expectedSequence}: the write is unconditional. */
  long ANY = -1;

  /** For {@code expectedSequence}: there must be neither a value nor a marker. */
  long NONE = 0;

  /** Returns the bucket's full name, with prefix. */
  String name();

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

  /** The most messages that {@link #publishTogether} takes. */
  int MOST_TOGETHER = 1_000;

  /**
   * Stores several messages of different keys at once: all of them, with consecutive sequences in
   * the order of the list, or none. A reader of several keys ({@link HotReads#getAll} with {@code
   * ANY_REPLICA}) meets all of them or none.
   *
   * <p>Each message carries its place in the list as {@linkplain EntryMetadata#inStep its place in
   * a step}, and the step's id, of at most 64 characters, as its write id. When the acknowledgement
   * is lost, the messages are looked for by it.
   *
   * @param messages two or more, and at most {@link #MOST_TOGETHER}
   * @return the sequence of the last message
   * @throws io.mistersmith.persistence.error.PersistenceException as {@link #publish} does, and
   *     nothing was stored unless it is {@code OUTCOME_UNKNOWN}; {@code MISCONFIGURED} when the
   *     server or the bucket cannot do it
   */
  long publishTogether(List<Outgoing> messages);

  /**
   * A message to be stored.
   *
   * @param key its key
   * @param operation its kind
   * @param value the exact bytes; empty for a marker
   * @param metadata its metadata
   * @param expectedSequence as for {@link #publish}
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Outgoing(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {}

  /**
   * Removes the subject's messages up to and including {@code throughSequence}. Leaves no marker,
   * makes no new sequence, and keeps a later message.
   */
  CompletableFuture<Void> evict(String subject, long throughSequence);

  /**
   * {@link #evict} of many subjects, each up to its own sequence.
   *
   * @param through the last sequence up to which the caller knows that every message of the stream,
   *     of any subject, can be removed; 0 for none. A server that is slow to remove single subjects
   *     removes these in one step
   */
  CompletableFuture<Void> evictAll(Map<String, Long> subjects, long through);

  /** {@link #evict} of all of the owner's keys. */
  CompletableFuture<Void> evictAgent(AgentId agent, long throughSequence);
}
