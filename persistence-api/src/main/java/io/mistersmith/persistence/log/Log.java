package io.mistersmith.persistence.log;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * An append-only log of one owner: entries of one type, in the order in which they were appended.
 * Obtain it by {@link io.mistersmith.persistence.Persistence#log}. Thread-safe; any number of
 * processes may use a log at once.
 *
 * <p>Each entry has a version: the first one 1, each later one that of its predecessor plus one,
 * without gaps. An entry never changes. Versions go on after {@link #truncate}, {@link #compact}
 * and {@link #delete}, so none is used twice.
 *
 * <p>An append is acknowledged by NATS, and flushed to PostgreSQL like other state. It costs the
 * same however long the log is. Entries that are flushed and were idle for the time to live leave
 * KV; reads then come from PostgreSQL.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s. After {@code
 * OUTCOME_UNKNOWN} an entry may or may not have been appended: append it again with the same id.
 *
 * @param <T> the type of the entries
 */
public interface Log<T> {

  /** The longest name of a log, in Unicode code points. */
  int MAX_NAME = 120;

  /** The longest id of an entry, in Unicode code points. */
  int MAX_ID = 255;

  /** How many versions before its own an entry can name in {@link Append#keptWith}. */
  int MAX_DISTANCE = 256;

  /** Returns the owner. */
  AgentId owner();

  /** Returns the name among the owner's logs of this type. */
  String name();

  /** Appends an entry whatever the log's version, and returns the entry's version. */
  default long append(T value) {
    return append(value, Append.always());
  }

  /**
   * Appends an entry unless the log has one with this id, and returns the version of the one that
   * it has then. Two processes that append the same id at once append one entry.
   *
   * <p>Costs a question to PostgreSQL more than {@link #append(Object)}, and fails as transient
   * while PostgreSQL does not answer. An id is forgotten when its entry leaves the log.
   *
   * @param id any text of 1 to {@value #MAX_ID} characters without control characters
   */
  default long append(String id, T value) {
    return append(value, Append.once(id));
  }

  /**
   * Appends an entry.
   *
   * @return its version
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when the log has another version than expected, or other writers were
   *     faster each time for 5 seconds; nothing was appended
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     SERIALIZATION_ERROR}, {@code VALUE_TOO_LARGE} or {@code STORE_FULL} when the value cannot
   *     be kept
   */
  long append(T value, Append options);

  /**
   * Adds an append to a step: the entry is appended when the step is committed, together with its
   * writes, or not at all. Of several appends to one log, each follows the one before. The step
   * fails as {@code VERSION_CONFLICT} when the log has another version than expected; writers that
   * are faster are only waited for, as with {@link #append(Object, Append)}.
   *
   * @param step a step of the log's owner
   * @return the entry's version, once the step is committed; before that, it throws {@link
   *     IllegalStateException}
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException as {@link
   *     Step#save(StateType, io.mistersmith.persistence.model.StateKey, Object, SaveOptions)}
   */
  LongSupplier append(Step step, T value, Append options);

  /** {@link #append(Step, Object, Append)}, whatever the log's version. */
  default LongSupplier append(Step step, T value) {
    return append(step, value, Append.always());
  }

  /**
   * Appends entries in this order. With nats-server 2.12 and later all are appended together, or
   * none, if they are at most {@link Step#MOST_WRITES} of at most {@code flush.maxBytes}; longer
   * lists are appended in pieces of that size. With older servers they are appended one after
   * another. Between pieces, entries of other writers may come, and a failure can leave the first
   * ones appended; its message says how many. For all or nothing on any server, which old ones
   * refuse, {@linkplain #append(Step, Object, Append) append by a step}.
   *
   * @return the version of the last one; that of the log when there is none
   */
  long appendAll(List<? extends T> values);

  /**
   * {@link #appendAll(List)} to a log that has this version. The entries follow each other: when
   * another writer comes between two pieces, the call fails as {@code VERSION_CONFLICT}, and the
   * pieces before that stay appended.
   */
  long appendAll(long expectedVersion, List<? extends T> values);

  /** Returns the version of the last entry that was appended; 0 when none ever was. */
  long version();

  /** Returns the number of entries, a summary included. */
  long size();

  /** Returns the last {@code limit} entries, oldest first. */
  List<Entry<T>> tail(int limit);

  /**
   * Returns the first {@code limit} entries from version {@code from} on, oldest first. For the
   * next page give the version after the last one.
   */
  List<Entry<T>> read(long from, int limit);

  /**
   * Returns the last {@code limit} entries up to and including version {@code from}, newest first.
   * For the next page give the version before the last one; {@link Long#MAX_VALUE} begins at the
   * end.
   */
  List<Entry<T>> readBackwards(long from, int limit);

  /**
   * Calls {@code listener} with each entry after the version {@code after}, in order and without a
   * gap, one at a time: first, before this call returns, with those that the log has; then with
   * those that any process appends. Entries that left the log before they could be delivered are
   * passed over. Survives reconnects.
   *
   * @return the watch, which ends when it is closed
   */
  Watch watch(long after, Consumer<Entry<T>> listener);

  /**
   * Waits until PostgreSQL has committed the entry of this version.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     DEAD_LETTERED} when PostgreSQL refused it; with {@code NOT_FOUND} when there is no such
   *     entry
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     CONNECTION_FAILED} when it is not committed before the deadline; it stays queued
   */
  void awaitDurable(long version, Duration deadline);

  /**
   * Removes the oldest entries that are beyond these limits, once. An entry is not removed while
   * another one stays that is {@linkplain Append#keptWith kept with} it. Readers see all of them
   * gone at once. Their rows are deleted with the next flush; they leave KV when they were idle.
   *
   * @return the first version that is left
   */
  long truncate(Limits limits);

  /**
   * Has the log {@linkplain #truncate truncated} to these limits from now on, by whichever process
   * appends. It may be beyond a limit by an eighth, or by 16 entries, until it is truncated again;
   * its age is checked with every append, but not more often than 16 times in that age.
   *
   * @param limits {@link Limits#NONE} for no limits
   */
  void keep(Limits limits);

  /** Returns the limits that the log keeps by itself. */
  Limits limits();

  /**
   * Replaces the oldest entries by a summary, for all readers at once. The summary is then the
   * log's first entry, with the version of the last one that it stands for.
   *
   * @param expectedVersion the version of the log that the summary was made of; entries that were
   *     appended since are kept
   * @param summary stands for all entries up to {@code expectedVersion}, except for those kept
   * @param keep how many entries up to {@code expectedVersion} stay; more do where one is
   *     {@linkplain Append#keptWith kept with} an earlier one
   * @return the version of the summary
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when the log has not reached that version, or no entry is left to
   *     replace, for instance because another process compacted it; nothing was changed
   */
  long compact(long expectedVersion, T summary, int keep);

  /**
   * Copies the entries up to and including {@code version}, with their versions and ids, to a new
   * log of this owner and type, which then goes on by itself. Readers of the new log see no entry
   * until all are there.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     DUPLICATE_KEY} when there is or was a log with that name; with {@code NOT_FOUND} when this
   *     log has no entry of that version
   */
  Log<T> branch(String newName, long version);

  /** {@link #branch} at the last entry. */
  Log<T> copy(String newName);

  /**
   * Removes all entries, a summary and the limits. What is appended afterwards has later versions.
   */
  void delete();

  /**
   * An entry of a log.
   *
   * @param version its version
   * @param value what was appended
   * @param writtenAt when, by NATS' clock
   * @param id its id, if it has one
   * @param isSummary whether it stands for entries that {@link #compact} replaced
   * @param <T> the type of the entries
   */
  record Entry<T>(
      long version, T value, Instant writtenAt, Optional<String> id, boolean isSummary) {}

  /**
   * How to append. Immutable; start from a factory and copy with the other methods.
   *
   * @param expectedVersion the version that the log must have
   * @param id the id that the log must not have yet
   * @param keptWith the version of an earlier entry that must not be removed before this one
   */
  record Append(OptionalLong expectedVersion, Optional<String> id, OptionalLong keptWith) {

    private static final Append ALWAYS =
        new Append(OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

    /** Append whatever the log has. */
    public static Append always() {
      return ALWAYS;
    }

    /** Append only when the log has this version. */
    public static Append at(long expectedVersion) {
      return new Append(OptionalLong.of(expectedVersion), Optional.empty(), OptionalLong.empty());
    }

    /** Append only when the log has no entry with this id. */
    public static Append once(String id) {
      return new Append(OptionalLong.empty(), Optional.of(id), OptionalLong.empty());
    }

    /**
     * Returns these options for an entry that belongs to an earlier one, as the result of a tool to
     * its call: the earlier one is not removed while this one stays. It may be up to {@value
     * Log#MAX_DISTANCE} versions earlier; else it is not protected.
     */
    public Append keptWith(long version) {
      return new Append(expectedVersion, id, OptionalLong.of(version));
    }

    /** Returns these options with the version that the log must have. */
    public Append expecting(long version) {
      return new Append(OptionalLong.of(version), id, keptWith);
    }
  }

  /**
   * How much a log keeps; a limit that is empty does not count. Immutable.
   *
   * @param entries at most so many entries
   * @param age only entries that are not older
   * @param bytes at most so many bytes of JSON, which encryption makes longer by a third and more
   */
  record Limits(OptionalLong entries, Optional<Duration> age, OptionalLong bytes) {

    /** No limits. */
    public static final Limits NONE =
        new Limits(OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

    /** Checks that the limits are positive. */
    public Limits {
      if (entries.orElse(1) < 1
          || bytes.orElse(1) < 1
          || age.filter(time -> time.isNegative() || time.isZero()).isPresent()) {
        throw new IllegalArgumentException("a limit of a log is not positive; leave it out");
      }
    }

    /** At most so many entries. */
    public static Limits entries(long most) {
      return new Limits(OptionalLong.of(most), Optional.empty(), OptionalLong.empty());
    }

    /** Only entries that are not older. */
    public static Limits age(Duration most) {
      return new Limits(OptionalLong.empty(), Optional.of(most), OptionalLong.empty());
    }

    /** At most so many bytes of JSON. */
    public static Limits bytes(long most) {
      return new Limits(OptionalLong.empty(), Optional.empty(), OptionalLong.of(most));
    }
  }
}
