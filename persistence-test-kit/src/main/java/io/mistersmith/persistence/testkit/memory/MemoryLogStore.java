package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The rows of logs. */
final class MemoryLogStore implements LogStore {

  private static final Comparator<Name> ORDER =
      Comparator.comparing((Name name) -> name.owner().toString()).thenComparing(Name::log);

  private final Session session;

  MemoryLogStore(Session session) {
    this.session = session;
  }

  @Override
  public Optional<StoredEntry> last(AgentId owner, String log) {
    return session.call(
        tables -> rows(tables, owner, log).max(Comparator.comparingLong(StoredEntry::version)));
  }

  @Override
  public List<StoredEntry> read(AgentId owner, String log, long from, long to) {
    return session.call(
        tables ->
            rows(tables, owner, log)
                .filter(row -> row.version() >= from && row.version() <= to)
                .sorted(Comparator.comparingLong(StoredEntry::version))
                .toList());
  }

  @Override
  public IdLookup find(AgentId owner, String log, String id, long first) {
    return session.call(
        tables -> {
          long last = rows(tables, owner, log).mapToLong(StoredEntry::version).max().orElse(0);
          List<StoredEntry> rows =
              rows(tables, owner, log).filter(row -> row.version() >= first).toList();
          return new IdLookup(
              last,
              rows.stream().filter(row -> hasId(row, id)).mapToLong(StoredEntry::version).min(),
              (int) rows.stream().filter(row -> row.version() > last - COUNTED).count());
        });
  }

  /** The application of a head deletes all of them. */
  @Override
  public int deleteTruncated(Collection<Name> logs) {
    return 0;
  }

  @Override
  public List<Name> names(Optional<Name> after, int limit) {
    return session.call(
        tables ->
            tables
                .logEntries
                .all()
                .flatMap(row -> Key.of(row.stored().key()).stream())
                .map(key -> new Name(key.owner().uuid(), key.log()))
                .distinct()
                .sorted(ORDER)
                .filter(name -> after.isEmpty() || ORDER.compare(name, after.get()) > 0)
                .limit(limit)
                .toList());
  }

  private static boolean hasId(StoredEntry row, String id) {
    return Envelope.decode(row.value()).flatMap(Envelope::id).equals(Optional.of(id));
  }

  private static Stream<StoredEntry> rows(Tables tables, AgentId owner, String log) {
    return tables
        .logEntries(owner, log)
        .flatMap(row -> Key.of(row.key()).map(key -> entry(key.version(), row)).stream());
  }

  private static StoredEntry entry(long version, StoredState row) {
    return new StoredEntry(version, row.value().clone(), row.writtenAt());
  }

  /** Deletes the rows that are before the first version of a head. */
  static void deleteBefore(Tables tables, StoredState head) {
    long first = first(head.value()).orElse(0);
    List<Content.StateId> before =
        tables
            .logEntries(head.key().agent(), head.key().key())
            .filter(row -> Key.of(row.key()).filter(key -> key.version() < first).isPresent())
            .map(row -> Tables.id(row.key()))
            .toList();
    before.forEach(tables.logEntries::remove);
  }

  private static OptionalLong first(byte[] head) {
    return JsonText.number(head, "first");
  }
}
