package io.mistersmith.persistence.spi.sql;

import java.time.Instant;
import java.util.List;

/**
 * The position up to which a bucket's journal is applied, as the durable store has it.
 *
 * @param bucket the bucket's full name
 * @param epoch the current epoch
 * @param sequence the sequence of the last applied message; 0 when none is
 * @param messageTime when the last message to be applied was stored, to the nanosecond; the epoch
 *     of time when none ever was. It is the time of the message at {@code sequence} once one was
 *     applied in the current epoch
 * @param streamCreated when the stream was made that the position is about
 * @param epochs all epochs that still name messages, latest first
 */
public record JournalPosition(
    String bucket,
    long epoch,
    long sequence,
    Instant messageTime,
    Instant streamCreated,
    List<Epoch> epochs) {

  /**
   * An epoch names the messages from its first sequence on that no later epoch names.
   *
   * @param number its number
   * @param firstSequence the first sequence it names
   */
  public record Epoch(long number, long firstSequence) {}

  /** Keeps a copy of the epochs. */
  public JournalPosition {
    epochs = List.copyOf(epochs);
  }

  /** The epoch that names a sequence: the latest one that has begun there. */
  public long epochOf(long atSequence) {
    for (Epoch candidate : epochs) {
      if (candidate.firstSequence() <= atSequence) {
        return candidate.number();
      }
    }
    return epochs.get(epochs.size() - 1).number();
  }

  /** The position after a batch that ended with this message. */
  public JournalPosition advancedTo(long newSequence, Instant newMessageTime) {
    return new JournalPosition(bucket, epoch, newSequence, newMessageTime, streamCreated, epochs);
  }
}
