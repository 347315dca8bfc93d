package io.mistersmith.persistence.state;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import java.time.Duration;
import java.util.Optional;

/**
 * How to save. Immutable; start from a factory and copy with {@code with…}.
 *
 * @param expected the state of the entity that the write requires
 * @param durability the store to wait for
 * @param timeToLive how long the entry lives from now, by the hot store's clock; a save without one
 *     removes an earlier one. Where the bucket keeps its entries for less, the entry ends with
 *     that: the version that the save returns says when. A time that ends after the year 9999 is
 *     refused with {@code CONSTRAINT_VIOLATION}
 * @param seen which writes the caller had seen when it made the value, where conflicts are resolved
 * @param basis the latest version among them that is known by its revision
 */
public record SaveOptions(
    Expected expected,
    Durability durability,
    Optional<Duration> timeToLive,
    VectorClock seen,
    Optional<Revision> basis) {

  private static final SaveOptions UNCONDITIONAL = of(new Expected.Anything());
  private static final SaveOptions IF_ABSENT = of(new Expected.Absent());

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

  private static SaveOptions of(Expected expected) {
    return new SaveOptions(
        expected, Durability.KV_ACK, Optional.empty(), VectorClock.empty(), Optional.empty());
  }

  /**
   * Save whatever is there now: the write that the stream orders last stays, or, in a repository
   * with {@link io.mistersmith.persistence.conflict.ConflictRules}, what they make of both.
   */
  public static SaveOptions unconditional() {
    return UNCONDITIONAL;
  }

  /** Save only when the entity does not exist. */
  public static SaveOptions ifAbsent() {
    return IF_ABSENT;
  }

  /** Save only when the entity still has this revision. */
  public static SaveOptions at(Revision revision) {
    return of(new Expected.At(revision));
  }

  /** These options with another durability. */
  public SaveOptions withDurability(Durability newDurability) {
    return new SaveOptions(expected, newDurability, timeToLive, seen, basis);
  }

  /** These options with a time to live. */
  public SaveOptions withTimeToLive(Duration newTimeToLive) {
    return new SaveOptions(expected, durability, Optional.of(newTimeToLive), seen, basis);
  }

  /**
   * These options for a value that was made out of {@code version}: where conflicts are resolved,
   * that version and those it had seen are no conflict with it. Calls accumulate.
   */
  public SaveOptions basedOn(Versioned<?> version) {
    boolean latest =
        !version.clock().equals(VectorClock.empty())
            && basis.map(version.revision()::isAfter).orElse(true);
    return new SaveOptions(
        expected,
        durability,
        timeToLive,
        seen.merge(version.clock()),
        latest ? Optional.of(version.revision()) : basis);
  }

  /** How far a write must have got before it returns. */
  public enum Durability {
    /**
     * JetStream has acknowledged the write. It survives the death of any process; what it does not
     * survive is a power loss before NATS has synced its disk. Data whose policy is {@link
     * io.mistersmith.persistence.routing.WritePolicy#WRITE_THROUGH} waits for PostgreSQL all the
     * same.
     */
    KV_ACK,
    /**
     * PostgreSQL has committed the write, or a later one to the same key. Refused as {@code
     * MISCONFIGURED} for data that is kept in KV alone.
     */
    SQL_COMMITTED
  }

  /** The expectation of a write about the entity that it changes. */
  public sealed interface Expected {

    /**
     * Nothing: the write is unconditional, and of several the one that the stream orders last
     * stays.
     */
    record Anything() implements Expected {}

    /** The entity does not exist. Exactly one of several concurrent creators succeeds. */
    record Absent() implements Expected {}

    /** Expects that the entity still has this revision (compare-and-set). */
    record At(Revision revision) implements Expected {}
  }
}
