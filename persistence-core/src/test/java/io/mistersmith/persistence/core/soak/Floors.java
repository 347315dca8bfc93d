package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The latest state of each key that this process has seen: no read may return an older one.
 * Thread-safe if each key that has one writer is used by that thread alone.
 */
final class Floors {

  /** The oldest state that a read which begins now may return. */
  record Floor(Optional<Revision> revision, Presence presence) {}

  /** Whether the entry is there. */
  enum Presence {
    CERTAIN,
    NONE,
    UNKNOWN
  }

  private static final Floor NOTHING = new Floor(Optional.empty(), Presence.UNKNOWN);

  private final Map<StateKey, Floor> floors = new ConcurrentHashMap<>();

  Floor of(StateKey key) {
    return floors.getOrDefault(key, NOTHING);
  }

  /** The outcome of a write is open. */
  void unknown(StateKey key) {
    floors.computeIfPresent(key, (k, floor) -> new Floor(floor.revision(), Presence.UNKNOWN));
  }

  void set(StateKey key, Floor floor) {
    floors.put(key, floor);
  }

  /** This revision was written or read. */
  void raise(StateKey key, Revision revision, Presence presence) {
    floors.merge(
        key,
        new Floor(Optional.of(revision), presence),
        (old, raised) ->
            old.revision().isPresent() && old.revision().get().isAfter(revision) ? old : raised);
  }

  /** This revision was read; whether the entry is there is known as before. */
  void read(StateKey key, Revision revision) {
    floors.merge(
        key,
        new Floor(Optional.of(revision), Presence.UNKNOWN),
        (old, read) ->
            old.revision().isPresent() && !revision.isAfter(old.revision().get())
                ? old
                : new Floor(read.revision(), old.presence()));
  }

  void deleted(StateKey key) {
    floors.merge(
        key,
        new Floor(Optional.empty(), Presence.NONE),
        (old, gone) -> new Floor(old.revision(), Presence.NONE));
  }

  /**
   * Judges what a read found.
   *
   * @param floor of when the read began
   * @param ownLife the beginning of the ids of this process's writes: what a killed one had under
   *     way may arrive later
   */
  static Optional<Fault> judge(StateKey key, Floor floor, Found found, String ownLife) {
    boolean older =
        found.id().isPresent()
            && floor.revision().isPresent()
            && floor.revision().get().isAfter(found.revision().orElseThrow());
    boolean back =
        found.id().isPresent()
            && floor.presence() == Presence.NONE
            && found.id().get().startsWith(ownLife);
    boolean missing = found.id().isEmpty() && floor.presence() == Presence.CERTAIN;
    return older || back || missing
        ? Optional.of(new Fault(Kind.STALE_OWN_READS, key + ": told " + floor + ", read " + found))
        : Optional.empty();
  }
}
