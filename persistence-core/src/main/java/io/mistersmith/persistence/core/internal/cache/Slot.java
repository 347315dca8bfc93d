package io.mistersmith.persistence.core.internal.cache;

import io.mistersmith.persistence.model.Revision;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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

  /** For {@code lookAgainAt}: at each hit. */
  private static final long ALWAYS = Long.MIN_VALUE;

  /** A hit is told of as a use of its owner once in so many milliseconds. */
  private static final long USE_MILLIS = 1_000;

  private static final VarHandle MAKER = makerHandle();

  private final @Nullable E entry;
  private final int generation;
  private final long freshUntil;
  private final long endsAt;

  @SuppressWarnings("unused") // by its handle: whoever sees it sees the product, too
  private @Nullable Object maker;

  private @Nullable Object product;
  private long usedAt;
  private long lookAgainAt;

  Slot(@Nullable E entry, int generation, long now, long freshUntil, long endsAt) {
    this.entry = entry;
    this.generation = generation;
    this.freshUntil = freshUntil;
    this.endsAt = endsAt;
    this.usedAt = now;
    this.lookAgainAt = lookAgainAt(now);
  }

  /** The entry; empty when it is known that there is none. */
  public Optional<E> entry() {
    return Optional.ofNullable(entry);
  }

  /** Whether it is known that there is no entry. */
  public boolean isNegative() {
    return entry == null;
  }

  /**
   * What {@link #keep} was given by this maker, or an equal one; null when it was given nothing.
   */
  public @Nullable Object made(Object by) {
    Object first = MAKER.getAcquire(this);
    return first == by || (first != null && first.equals(by)) ? product : null;
  }

  /** Keeps what was made of the entry, by the first who makes something; it must be immutable. */
  public synchronized void keep(Object by, Object what) {
    if (MAKER.get(this) == null) {
      product = what;
      MAKER.setRelease(this, by);
    }
  }

  /** Whether it can be answered in this generation without a closer look at this time. */
  boolean isSurelyValid(int present, long now) {
    return generation == present && now < lookAgainAt;
  }

  /** Whether it can be answered in this generation, at this time. */
  boolean isValid(int present, long now, CoarseClock clock) {
    return generation == present
        && now < freshUntil
        && (endsAt == NEVER || clock.timeOfDay() < endsAt);
  }

  /** Notes a use; whether the last one that was noted lies a second back, or more. */
  boolean isUsedAgain(long now) {
    if (now - usedAt < USE_MILLIS) {
      return false;
    }
    usedAt = now;
    lookAgainAt = lookAgainAt(now);
    return true;
  }

  private long lookAgainAt(long now) {
    return endsAt == NEVER ? Math.min(freshUntil, now + USE_MILLIS) : ALWAYS;
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

  private static VarHandle makerHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(Slot.class, "maker", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
