package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The durable copy of the agents' state, written by {@link JournalStore#apply} alone. Thread-safe.
 */
public interface StateStore {

  /** The row of a key, tombstones too. */
  @SqlAccess.Read
  Optional<StoredState> find(StateKey key);

  /** The rows of those keys that have one, tombstones too. */
  @SqlAccess.Read
  Map<StateKey, StoredState> findAll(Collection<StateKey> keys);

  /**
   * The rows of the owner's keys whose {@linkplain StateKey#path path} starts with {@code prefix},
   * tombstones too.
   */
  @SqlAccess.Read
  List<StoredState> findByAgent(AgentId agent, String prefix);

  /**
   * The owner's keys whose path starts with {@code prefix} and that have a row, tombstones too.
   * Reads no value: neither the store nor the caller needs memory for more than the keys.
   */
  @SqlAccess.Read
  List<StoredKey> keys(AgentId agent, String prefix);

  /**
   * The first {@code limit} of {@link #keys(AgentId, String)} whose path comes after {@code after},
   * in the order of the bytes of the paths' UTF-8 text.
   */
  @SqlAccess.Read
  List<StoredKey> keys(AgentId agent, String prefix, String after, int limit);

  /**
   * {@link #keys(AgentId, String, String, int)}, if the durable store has all of the owner's
   * entries up to a place of a journal: the journal is applied up to there, and the owner has no
   * open dead letter. All of one moment.
   *
   * @return empty when it has not, or is another installation's
   */
  @SqlAccess.Read
  Optional<List<StoredKey>> keysIfApplied(
      AgentId agent, String prefix, String after, int limit, JournalPlace upTo);

  /**
   * The first {@code limit} live keys of all owners that come after {@code after}, in the order of
   * their owners' UUIDs and then of the bytes of their paths. Logs' entries are none.
   */
  @SqlAccess.Read
  List<StateKey> keysOfAll(Optional<StateKey> after, int limit);

  /**
   * A place in a journal.
   *
   * @param installation the installation that the journal is of
   * @param bucket the journal's name
   * @param sequence the sequence of a message
   * @param time when that message was stored
   */
  record JournalPlace(UUID installation, String bucket, long sequence, Instant time) {}

  /**
   * The live rows that are searched for, in the order of their owners' UUIDs and then of the bytes
   * of their paths.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     when the set of migrations {@code state_search} is not applied
   */
  @SqlAccess.Read
  List<StoredState> search(StateSearch wanted);

  /**
   * The checksums of those keys that have a row with one: SHA-256 of the exact bytes that were
   * written, in lower-case hexadecimal digits; of no bytes for a tombstone.
   */
  @SqlAccess.Read
  Map<StateKey, String> checksums(Collection<StateKey> keys);

  /**
   * Rows of agents that are not registered, which the schema's foreign key should prevent. An
   * external owner's rows are none.
   */
  @SqlAccess.Read
  List<StateKey> orphans(int limit);

  /** Removes those of the rows whose agent still is not registered; returns how many. */
  int removeOrphans(Collection<StateKey> keys);

  /**
   * How many live rows there are: counted up to about 100,000, beyond that the store's estimate,
   * which may count tombstones in.
   */
  @SqlAccess.Read
  long count();

  /**
   * Removes tombstones and expired rows that are older than {@code retention}; returns how many. A
   * tombstone's age counts from the later of its write and its commit.
   */
  int sweep(Duration retention);

  /**
   * A search for rows.
   *
   * @param owner the only owner, if there is one
   * @param prefix what the paths start with
   * @param part the JSON that the values contain, as {@link
   *     io.mistersmith.persistence.state.StateQuery#withPart} says
   * @param words the words that the values have
   * @param after the key that the page comes after
   * @param limit how many rows there are at most
   * @param now the time at which entries are not expired
   */
  record StateSearch(
      Optional<AgentId> owner,
      String prefix,
      Optional<String> part,
      Optional<String> words,
      Optional<StateKey> after,
      int limit,
      Instant now) {}

  /**
   * The durable entry of a key, without its value.
   *
   * @param key the key
   * @param revision the logical revision of the last write
   * @param expiresAt when the entry ends
   * @param deleted whether this is a tombstone
   */
  record StoredKey(
      StateKey key, Revision.OfJournal revision, Optional<Instant> expiresAt, boolean deleted) {}

  /**
   * An entry as the durable store has it.
   *
   * @param key the key
   * @param value the value as JSON, byte for byte as it was written; of a row that was written or
   *     changed by others, as the store formats it; empty for a tombstone
   * @param revision the logical revision of the write
   * @param writtenAt when that write was made, by the hot store's clock
   * @param expiresAt when the entry ends
   * @param deleted whether this is a tombstone
   * @param provenance where the version comes from, of writes whose conflicts are resolved
   */
  @SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
  record StoredState(
      StateKey key,
      byte[] value,
      Revision.OfJournal revision,
      Instant writtenAt,
      Optional<Instant> expiresAt,
      boolean deleted,
      Optional<Provenance> provenance) {

    /** A row without a provenance. */
    public StoredState(
        StateKey key,
        byte[] value,
        Revision.OfJournal revision,
        Instant writtenAt,
        Optional<Instant> expiresAt,
        boolean deleted) {
      this(key, value, revision, writtenAt, expiresAt, deleted, Optional.empty());
    }

    /** Returns the metadata of the entry that this row is hydrated to. */
    public EntryMetadata hydration() {
      return new EntryMetadata(Optional.of(revision), expiresAt, Optional.empty(), provenance);
    }
  }
}
