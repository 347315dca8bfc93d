package io.mistersmith.persistence.spi;

import java.time.Instant;
import java.util.Optional;

/**
 * Which messages of a bucket's stream to read.
 *
 * @param start where to begin
 * @param agent only this owner's, if given
 * @param headersOnly leave the values out
 */
public record JournalRange(Start start, Optional<String> agent, boolean headersOnly) {

  /** Where reading begins. */
  public sealed interface Start {

    /** At the first message with at least this sequence. */
    record AtSequence(long sequence) implements Start {}

    /** At the first message stored at or after this time. */
    record AtTime(Instant time) implements Start {}
  }

  /** Everything from this sequence on. */
  public static JournalRange from(long sequence) {
    return new JournalRange(new Start.AtSequence(sequence), Optional.empty(), false);
  }

  /** Everything from this time on. */
  public static JournalRange from(Instant time) {
    return new JournalRange(new Start.AtTime(time), Optional.empty(), false);
  }

  /** This range, without values. */
  public JournalRange withoutValues() {
    return new JournalRange(start, agent, true);
  }

  /** This range, of one owner. */
  public JournalRange ofAgent(String owner) {
    return new JournalRange(start, Optional.of(owner), headersOnly);
  }
}
