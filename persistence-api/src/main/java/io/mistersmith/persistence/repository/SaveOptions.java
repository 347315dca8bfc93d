package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.model.Durability;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.Optional;

/**
 * How to save. Immutable; start from a factory and copy with {@code with…}.
 *
 * @param expected what the entity must be for the write to happen
 * @param durability what to wait for
 * @param timeToLive how long the entry lives from now; a save without one removes an earlier one
 */
public record SaveOptions(Expected expected, Durability durability, Optional<Duration> timeToLive) {

  private static final SaveOptions UNCONDITIONAL =
      new SaveOptions(new Expected.Anything(), Durability.KV_ACK, Optional.empty());
  private static final SaveOptions IF_ABSENT =
      new SaveOptions(new Expected.Absent(), Durability.KV_ACK, Optional.empty());

  /** Checks that a time to live is positive. */
  public SaveOptions {
    timeToLive.ifPresent(
        ttl -> {
          if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException(
                "timeToLive is " + ttl + "; give a positive duration, or leave it out");
          }
        });
  }

  /** Save whatever is there now: the write that the stream orders last stays. */
  public static SaveOptions unconditional() {
    return UNCONDITIONAL;
  }

  /** Save only when the entity does not exist. */
  public static SaveOptions ifAbsent() {
    return IF_ABSENT;
  }

  /** Save only when the entity still has this revision. */
  public static SaveOptions at(Revision revision) {
    return new SaveOptions(new Expected.At(revision), Durability.KV_ACK, Optional.empty());
  }

  /** These options with another durability. */
  public SaveOptions withDurability(Durability newDurability) {
    return new SaveOptions(expected, newDurability, timeToLive);
  }

  /** These options with a time to live. */
  public SaveOptions withTimeToLive(Duration newTimeToLive) {
    return new SaveOptions(expected, durability, Optional.of(newTimeToLive));
  }
}
