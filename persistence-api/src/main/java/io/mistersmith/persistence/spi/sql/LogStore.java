package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The durable copy of the entries of logs, written by {@link JournalStore#apply} alone. An entry is
 * a write of a {@linkplain Key key space} of its own. When a log's {@linkplain #HEADS head} is
 * applied, up to {@link #MOST_DELETED} rows before its first version are deleted; {@link
 * #deleteTruncated} deletes the others. They are no part of the log. Thread-safe.
 */
public interface LogStore {

  /** The type of the keys of entries. */
  String ENTRIES = "_log";

  /** The type of the keys of heads, whose documents have a number {@code first}. */
  String HEADS = "_log-head";

  /** Returns the row with the highest version. */
  @SqlAccess.Read
  Optional<StoredEntry> last(AgentId owner, String log);

  /** Returns the rows of these versions, both included, in their order. */
  @SqlAccess.Read
  List<StoredEntry> read(AgentId owner, String log, long from, long to);

  /** How many of the last versions {@link #find} counts. */
  int COUNTED = 256;

  /**
   * Looks for an id, and for the highest version, in the rows as they are at one moment.
   *
   * @param first the first version that is looked at
   */
  @SqlAccess.Read
  IdLookup find(AgentId owner, String log, String id, long first);

  /** How many rows of truncated logs one call deletes at most. */
  int MOST_DELETED = 1_000;

  /**
   * Deletes rows before the first versions that the heads of these logs have in the durable store.
   *
   * @return how many were deleted; with {@link #MOST_DELETED} there may be more
   */
  int deleteTruncated(Collection<Name> logs);

  /**
   * Returns the names of logs that have rows, in a fixed order.
   *
   * @param after the last name of the previous call; empty to begin
   * @param limit the most names
   */
  @SqlAccess.Read
  List<Name> names(Optional<Name> after, int limit);

  /**
   * Names a log in the durable store.
   *
   * @param owner the id of the {@linkplain AgentId#uuid owner}
   * @param log the {@linkplain LogStore#log log}
   */
  record Name(UUID owner, String log) {}

  /**
   * Returns the part of a key that names a log: of the type and the name of the log.
   *
   * @param type the type's name
   */
  static String log(String type, String name) {
    return type + '.' + name;
  }

  /** Returns whether a key belongs to a log: an entry or a head. */
  static boolean isOfLog(StateKey key) {
    return key.type().equals(ENTRIES) || key.type().equals(HEADS);
  }

  /**
   * The answer of {@link #find}.
   *
   * @param last the highest version that has a row; 0 when there is none
   * @param version the lowest version of an entry with the id
   * @param counted how many of the {@link #COUNTED} versions up to {@code last} have a row
   */
  record IdLookup(long last, OptionalLong version, int counted) {}

  /**
   * A row.
   *
   * @param version the version
   * @param value the entry as it was written
   * @param writtenAt when it was written, by the hot store's clock
   */
  @SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
  record StoredEntry(long version, byte[] value, Instant writtenAt) {}

  /**
   * Names an entry of a log.
   *
   * @param owner the owner
   * @param log the {@linkplain LogStore#log log}
   * @param version the version
   */
  record Key(AgentId owner, String log, long version) {

    private static final int DIGITS = 12;

    /** Returns the key of the entry in the stores; the version has at least 12 digits there. */
    public StateKey toStateKey() {
      String digits = Long.toString(version);
      return new StateKey(
          owner, ENTRIES, log + '.' + "0".repeat(Math.max(0, DIGITS - digits.length())) + digits);
    }

    /** Reads what {@link #toStateKey} returns; empty for any other key. */
    public static Optional<Key> of(StateKey key) {
      if (!key.type().equals(ENTRIES)) {
        return Optional.empty();
      }
      String text = key.key();
      int dot = text.lastIndexOf('.');
      if (dot < 1 || text.length() - dot - 1 < DIGITS || text.length() - dot - 1 > 18) {
        return Optional.empty();
      }
      long version = 0;
      for (int i = dot + 1; i < text.length(); i++) {
        int digit = text.charAt(i) - '0';
        if (digit < 0 || digit > 9) {
          return Optional.empty();
        }
        version = version * 10 + digit;
      }
      Key read = new Key(key.agent(), text.substring(0, dot), version);
      return version > 0 && read.toStateKey().equals(key) ? Optional.of(read) : Optional.empty();
    }
  }

  /**
   * The value of an entry: what was appended, and what the log has to know about it. As bytes it is
   * a JSON object whose last member, {@code entry}, is the appended document.
   *
   * @param id the entry's id
   * @param keptWith the version of the earlier entry that stays as long as this one
   * @param bytesBefore the bytes of all documents that were appended before this one
   * @param document what was appended
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Envelope(Optional<String> id, OptionalLong keptWith, long bytesBefore, byte[] document) {

    private static final String BEFORE = "{\"before\":";
    private static final String ID = ",\"id\":\"";
    private static final String WITH = ",\"with\":";
    private static final String ENTRY = ",\"entry\":";

    /** Returns how many bytes of documents were appended with this one. */
    public long bytesAfter() {
      return bytesBefore + document.length;
    }

    /** Returns the value as bytes. */
    public byte[] encode() {
      StringBuilder head = new StringBuilder(BEFORE).append(bytesBefore);
      id.ifPresent(text -> head.append(ID).append(escape(text)).append('"'));
      keptWith.ifPresent(version -> head.append(WITH).append(version));
      byte[] start = head.append(ENTRY).toString().getBytes(StandardCharsets.UTF_8);
      byte[] value = new byte[start.length + document.length + 1];
      System.arraycopy(start, 0, value, 0, start.length);
      System.arraycopy(document, 0, value, start.length, document.length);
      value[value.length - 1] = '}';
      return value;
    }

    private static String escape(String text) {
      return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    /** Reads what {@link #encode} returns; empty for any other bytes. */
    public static Optional<Envelope> decode(byte[] value) {
      return new EnvelopeReader(value).read();
    }
  }
}
