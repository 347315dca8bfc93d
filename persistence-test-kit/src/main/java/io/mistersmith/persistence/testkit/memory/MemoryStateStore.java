package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoredKey;
import io.mistersmith.persistence.spi.StoredState;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
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
  public List<StoredKey> keys(String agent, String prefix) {
    return findByAgent(agent, prefix).stream()
        .map(row -> new StoredKey(row.key(), row.revision(), row.expiresAt(), row.deleted()))
        .toList();
  }

  @Override
  public Map<StateKey, String> checksums(Collection<StateKey> keys) {
    Map<StateKey, String> checksums = new LinkedHashMap<>();
    findAll(keys).forEach((key, row) -> checksums.put(key, sha256(row.value())));
    return checksums;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public List<StateKey> orphans(int limit) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.states.entrySet().stream()
                .filter(rows -> !isRegistered(tables, rows.getKey()))
                .flatMap(rows -> rows.getValue().values().stream())
                .map(StoredState::key)
                .limit(limit)
                .toList());
  }

  @Override
  public int removeOrphans(Collection<StateKey> keys) {
    connection.checkSql();
    return database.transact(
        tables -> {
          int before = count(tables);
          for (StateKey key : keys) {
            if (!isRegistered(tables, key.agent())) {
              Optional.ofNullable(tables.states.get(key.agent()))
                  .ifPresent(rows -> rows.remove(key.key()));
            }
          }
          tables.states.values().removeIf(Map::isEmpty);
          return before - count(tables);
        });
  }

  private static boolean isRegistered(Tables tables, String agent) {
    return tables.agents.keySet().stream().anyMatch(id -> id.toString().equals(agent));
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
          tables
              .states
              .values()
              .forEach(rows -> rows.values().removeIf(row -> isOver(tables, row, limit)));
          tables.states.values().removeIf(Map::isEmpty);
          tables.tombstones.keySet().removeIf(key -> tables.state(key).isEmpty());
          return before - count(tables);
        });
  }

  private static int count(Tables tables) {
    return tables.states.values().stream().mapToInt(Map::size).sum();
  }

  private static boolean isOver(Tables tables, StoredState row, Instant limit) {
    return row.deleted()
        ? tables.tombstones.getOrDefault(row.key(), row.writtenAt()).isBefore(limit)
        : row.expiresAt().map(at -> at.isBefore(limit)).orElse(false);
  }
}
