package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The changes of entries that are not in KV yet, in memory. */
final class MemoryEntryWriteStore implements EntryWriteStore {

  private final Session session;

  MemoryEntryWriteStore(Session session) {
    this.session = session;
  }

  @Override
  public Pending write(Change change) {
    Instant now = session.now();
    return session.call(
        tables -> {
          StateKey key = change.key();
          tables.entryWrites.lock(key);
          Optional<Pending> superseded =
              tables.entryWrites.find(key).filter(row -> row.refused().isEmpty());
          Set<String> earlier = new HashSet<>();
          superseded.ifPresent(
              row -> {
                earlier.addAll(row.earlier());
                earlier.add(row.change().token());
              });
          Pending pending =
              new Pending(
                  change, superseded.flatMap(Pending::basis), earlier, now, Optional.empty());
          tables.entryWrites.put(key, pending);
          return pending;
        });
  }

  @Override
  public boolean base(StateKey key, String token, Basis basis) {
    return change(
        key,
        row -> row.change().token().equals(token) && row.basis().isEmpty(),
        row -> based(row, row.earlier(), basis));
  }

  private static Pending based(Pending row, Set<String> earlier, Basis basis) {
    return new Pending(
        row.change(), Optional.of(basis), earlier, row.writtenAt(), Optional.empty());
  }

  @Override
  public Optional<Pending> find(StateKey key) {
    return session.call(tables -> tables.entryWrites.find(key));
  }

  @Override
  public List<Pending> waiting(int limit) {
    return list(row -> row.refused().isEmpty(), limit);
  }

  @Override
  public List<Pending> refused(int limit) {
    return list(row -> row.refused().isPresent(), limit);
  }

  private List<Pending> list(Predicate<Pending> passes, int limit) {
    return session.call(
        tables ->
            tables
                .entryWrites
                .all()
                .filter(passes)
                .sorted(Comparator.comparing(Pending::writtenAt))
                .limit(limit)
                .toList());
  }

  @Override
  public boolean remove(StateKey key, String token) {
    return session.call(
        tables -> {
          if (!tables.entryWrites.tryLock(key)) {
            return false;
          }
          return tables
                  .entryWrites
                  .find(key)
                  .filter(row -> row.change().token().equals(token))
                  .isPresent()
              && tables.entryWrites.remove(key);
        });
  }

  @Override
  public boolean refuse(StateKey key, String token, String reason) {
    return change(
        key,
        row -> row.change().token().equals(token) && row.refused().isEmpty(),
        row ->
            new Pending(
                row.change(), row.basis(), row.earlier(), row.writtenAt(), Optional.of(reason)));
  }

  @Override
  public boolean retry(StateKey key, String token, Basis basis) {
    return change(
        key,
        row -> row.change().token().equals(token) && row.refused().isPresent(),
        row -> based(row, Set.of(), basis));
  }

  private boolean change(StateKey key, Predicate<Pending> passes, UnaryOperator<Pending> change) {
    return session.call(
        tables -> {
          tables.entryWrites.lock(key);
          Optional<Pending> row = tables.entryWrites.find(key).filter(passes);
          row.ifPresent(found -> tables.entryWrites.put(key, change.apply(found)));
          return row.isPresent();
        });
  }
}
