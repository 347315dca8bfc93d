package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A bucket's stream: its state, its messages in order, and the signals between runtimes about it;
 * see {@link HotStore.HotBucket}. Thread-safe.
 */
public interface Journal {

  /** Returns the bucket's full name, with prefix: what journals are filed under. */
  String name();

  /** The raw subject of a key. */
  String subject(StateKey key);

  /** Asks the leader what the stream holds. */
  BucketState state();

  /**
   * Replaces the identity {@code present} of the bucket by this installation's. If two
   * installations adopt a bucket at once, one succeeds.
   *
   * @param present the identity that the bucket bears, as {@link #state} reported; empty for none
   * @return whether the bucket bears it now; false when the server does not let this user change
   *     the stream, which a {@linkplain io.mistersmith.persistence.spi.Stores#notices notice}
   *     reports
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     when the bucket bears neither by now, but a third one's
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when another process has
   *     begun to adopt it and has not ended
   */
  boolean adopt(Optional<UUID> present);

  /**
   * Fails as {@code MISCONFIGURED} when the store last saw the bucket bear another installation's
   * identity. Does not wait.
   */
  void requireOwn();

  /** Opens a reader of the stream. */
  JournalReader read(JournalRange range);

  /** Tells every runtime that listens on {@link #onNudge} to flush now. Best effort. */
  void nudge();

  /**
   * Calls {@code action} at every nudge by any runtime. Returns at once; the action must be quick.
   */
  void onNudge(Runnable action);

  /**
   * Tells every runtime of this installation that listens on {@link #onProgress} how far the
   * journal is applied. Best effort: a runtime that is not connected misses it.
   */
  void tellProgress(JournalProgress progress);

  /**
   * Calls {@code action} with each progress that a runtime of this installation, this one included,
   * sends by {@link #tellProgress}. Returns at once; the action must be quick.
   */
  void onProgress(Consumer<JournalProgress> action);

  /**
   * The state of a bucket's stream, as the server reports it.
   *
   * @param created when the stream was made; another time means another stream
   * @param firstSequence the sequence of the first message that is there
   * @param lastSequence the sequence of the last message ever stored; 0 when none was
   * @param messages how many messages there are
   * @param bytes how large they are
   * @param subjects how many subjects they are of
   * @param replicated whether several servers have copies of it; one that was restarted or just
   *     elected may then answer for a while with less than was acknowledged
   * @param installation whose bucket it is; empty when the stream does not say
   */
  record BucketState(
      Instant created,
      long firstSequence,
      long lastSequence,
      long messages,
      long bytes,
      long subjects,
      boolean replicated,
      Optional<UUID> installation) {}

  /**
   * The progress that the flushing runtime of a bucket sends to the others, so that they need not
   * ask the durable store.
   *
   * @param flushing whether the runtime goes on flushing; false when it stops, so that another one
   *     takes over at once
   * @param epoch the current epoch
   * @param sequence the sequence of the last message that is applied
   * @param messageTime when that message was stored
   * @param primary what identifies the durable store's primary that has it; empty where it has none
   */
  record JournalProgress(
      boolean flushing, long epoch, long sequence, Instant messageTime, String primary) {}
}
