package io.mistersmith.persistence.state;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Several writes of one owner's entries that are made together, all or none: the cursor, the turn
 * and the board of one agent step. Calls collect the writes; {@link #commit} makes them. Entries of
 * several types can be in one step, if their types of data are the same. Used by one thread, once.
 *
 * <p>Each write has an expectation of its own. When one is not met, none is made. {@linkplain
 * StateType#withRules Rules for conflicts} do not run in a step, since they would decide about one
 * entry alone: a write of such a type has to name the revision that it replaces, or expect none.
 *
 * <p>Readers see all of a step or nothing of it:
 *
 * <ul>
 *   <li>If {@link StateRepository#findAll} returns one value of a step, it returns those of the
 *       step, or later ones, for all its keys.
 *   <li>Once a read or a watch of this process has returned a value of a step, later reads of its
 *       other keys return the step's values, or later ones.
 *   <li>PostgreSQL commits the rows of a step together.
 * </ul>
 *
 * <p>docs/state.md says when these do not hold.
 */
public interface Step {

  /** The most writes of one step. */
  int MOST_WRITES = 1_000;

  /** {@link #save(StateType, StateKey, Object, SaveOptions)}, whatever is there now. */
  default <T> Step save(StateType<T> type, StateKey key, T value) {
    return save(type, key, value, SaveOptions.unconditional());
  }

  /**
   * Adds a write of a value. Of several writes of one key, the last one counts.
   *
   * @param options its expectation, its time to live, and what it is based on; a step one of whose
   *     writes wants {@code SQL_COMMITTED} waits for the commit of all
   * @return this step
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code INVALID_KEY}
   *     when the key is of another owner than the earlier ones; {@code MISCONFIGURED} when the type
   *     is of another type of data, or has rules for conflicts and the options expect nothing;
   *     {@code SERIALIZATION_ERROR} and {@code VALUE_TOO_LARGE} as a save
   */
  <T> Step save(StateType<T> type, StateKey key, T value, SaveOptions options);

  /** Adds a delete, whatever is there now. Else as {@link #save}. */
  Step delete(StateType<?> type, StateKey key);

  /** Adds a delete of the entry, if it has this revision. Else as {@link #save}. */
  Step delete(StateType<?> type, StateKey key, Revision expected);

  /**
   * Makes all writes, or none.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code VERSION_CONFLICT}
   *     when entries have other revisions than expected; the message names their keys, and each is
   *     a suppressed failure with its own message. {@code OUTCOME_UNKNOWN} when the acknowledgement
   *     was lost and the writes were not found: all of them were made, or none
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code DUPLICATE_KEY}
   *     or {@code TTL_EXPIRED} as a single write, when no entry has another revision than expected;
   *     {@code MISCONFIGURED} when the server or the bucket cannot write several entries at once
   *     (nats-server 2.12 and later can); {@code VALUE_TOO_LARGE} when the step is larger than the
   *     flush takes at once
   * @throws IllegalStateException when the step is empty, or was committed already
   */
  Committed commit();

  /**
   * The revisions of a step's writes.
   *
   * @param revisions by keys with their types, in the order of the step
   */
  record Committed(Map<StateKey, Revision> revisions) {

    /** Keeps a copy. */
    public Committed {
      revisions = Collections.unmodifiableMap(new LinkedHashMap<>(revisions));
    }

    /** Returns the revision that the step gave an entry. */
    public Revision revision(StateType<?> type, StateKey key) {
      Revision revision = revisions.get(key.withType(type.name()));
      if (revision == null) {
        throw new IllegalArgumentException("key " + key + " of " + type + " is not in the step");
      }
      return revision;
    }
  }
}
