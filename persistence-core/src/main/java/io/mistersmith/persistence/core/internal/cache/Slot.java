package io.mistersmith.persistence.core.internal.cache;

import io.mistersmith.persistence.model.Revision;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for one key: an entry, or that there is none. Thread-safe.
 *
 * @param <E> the type of the entries
 */
public final class Slot<E extends Cacheable> {

  /** For {@code endsAt}: never. */
  static final long NEVER = Long.MAX_VALUE;

  /** What was made of the entry, and by whom: published as one object, so that both fit. */
  private record Made(Object maker, Object product) {}

  private final @Nullable E entry;
  private final int generation;
  private final long freshUntil;
  private final long endsAt;
  private @Nullable Made made;
  private long usedAt;

  Slot(@Nullable E entry, int generation, long now, long freshUntil, long endsAt) {
    this.entry = entry;
    this.generation = generation;
    this.usedAt = now;
    this.freshUntil = freshUntil;
    this.endsAt = endsAt;
  }

  /** The entry; empty when it is known that there is none. */
  public Optional<E> entry() {
    return Optional.ofNullable(entry);
  }

  /** Whether it is known that there is no entry. */
  public boolean isNegative() {
    return entry == null;
  }

  /** What {@link #keep} was given for this maker, or an equal one, last. */
  public @Nullable Object made(Object maker) {
    Made last = made;
    if (last == null) {
      return null;
    }
    return last.maker == maker || last.maker.equals(maker) ? last.product : null;
  }

  /** Keeps what was made of the entry; it must be immutable. */
  public void keep(Object maker, Object product) {
    made = new Made(maker, product);
  }

  /** Whether it can be answered, in this generation and at this time. */
  boolean isValid(int now, CoarseClock clock) {
    return generation == now
        && clock.millis() < freshUntil
        && (endsAt == NEVER || clock.exactMillis() < endsAt);
  }

  /** Notes a use; whether the last one that was noted lies at least so long back. */
  boolean isUsedAgain(long now, long after) {
    if (now - usedAt < after) {
      return false;
    }
    usedAt = now;
    return true;
  }

  /** Whether a write of this revision replaces it. */
  boolean isBefore(Revision revision) {
    return entry == null || revision.isAfter(entry.revision());
  }

  Optional<Revision> revision() {
    return entry == null ? Optional.empty() : Optional.of(entry.revision());
  }

  int bytes() {
    return entry == null ? 0 : entry.bytes();
  }
}
