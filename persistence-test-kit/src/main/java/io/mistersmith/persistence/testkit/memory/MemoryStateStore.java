package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;

/** The rows of the agents' state. */
final class MemoryStateStore implements StateStore {

  private final MemoryDatabase database;
  private final Connection connection;

  MemoryStateStore(MemoryDatabase database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  @Override
  public Optional<StoredState> find(StateKey key) {
    connection.checkSql();
    return database.transact(tables -> tables.state(key));
  }

  @Override
  public Map<StateKey, StoredState> findAll(Collection<StateKey> keys) {
    connection.checkSql();
    return database.transact(
        tables -> {
          Map<StateKey, StoredState> found = new LinkedHashMap<>();
          keys.forEach(key -> tables.state(key).ifPresent(row -> found.put(key, row)));
          return found;
        });
  }

  @Override
  public List<StoredState> findByAgent(String agent, String prefix) {
    connection.checkSql();
    return database.transact(
        tables -> {
          NavigableMap<String, StoredState> rows = tables.states.get(agent);
          return rows == null
              ? List.of()
              : rows.tailMap(prefix, true).values().stream()
                  .takeWhile(row -> row.key().key().startsWith(prefix))
                  .toList();
        });
  }

  @Override
  public long count() {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.states.values().stream()
                .flatMap(rows -> rows.values().stream())
                .filter(row -> !row.deleted())
                .count());
  }

  @Override
  public int sweep(Duration retention) {
    connection.checkSql();
    Instant limit = connection.now().minus(retention);
    return database.transact(
        tables -> {
          int before = count(tables);
          tables.states.values().forEach(rows -> rows.values().removeIf(row -> isOver(row, limit)));
          tables.states.values().removeIf(Map::isEmpty);
          return before - count(tables);
        });
  }

  private static int count(Tables tables) {
    return tables.states.values().stream().mapToInt(Map::size).sum();
  }

  private static boolean isOver(StoredState row, Instant limit) {
    return row.deleted()
        ? row.writtenAt().isBefore(limit)
        : row.expiresAt().map(at -> at.isBefore(limit)).orElse(false);
  }
}
