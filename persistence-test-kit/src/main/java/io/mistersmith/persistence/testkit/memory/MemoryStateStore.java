package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rows of the agents' state. */
final class MemoryStateStore implements StateStore {

  private final Session session;

  MemoryStateStore(Session session) {
    this.session = session;
  }

  @Override
  public Optional<StoredState> find(StateKey key) {
    return session.call(tables -> tables.state(key));
  }

  @Override
  public Map<StateKey, StoredState> findAll(Collection<StateKey> keys) {
    return session.call(
        tables -> {
          Map<StateKey, StoredState> found = new LinkedHashMap<>();
          keys.forEach(key -> tables.state(key).ifPresent(row -> found.put(key, row)));
          return found;
        });
  }

  @Override
  public List<StoredState> findByAgent(AgentId agent, String prefix) {
    return session.call(
        tables ->
            tables
                .states(agent, prefix)
                .sorted(
                    Comparator.comparing(row -> row.key().path(), MemoryStateStore::compareBytes))
                .toList());
  }

  @Override
  public List<StoredKey> keys(AgentId agent, String prefix) {
    return findByAgent(agent, prefix).stream()
        .map(row -> new StoredKey(row.key(), row.revision(), row.expiresAt(), row.deleted()))
        .toList();
  }

  @Override
  public List<StoredKey> keys(AgentId agent, String prefix, String after, int limit) {
    return keys(agent, prefix).stream()
        .filter(row -> compareBytes(row.key().path(), after) > 0)
        .limit(limit)
        .toList();
  }

  @Override
  public Optional<List<StoredKey>> keysIfApplied(
      AgentId agent, String prefix, String after, int limit, JournalPlace upTo) {
    boolean applied =
        session.call(
            tables ->
                tables.installation().equals(upTo.installation())
                    && tables
                        .position(upTo.bucket())
                        .filter(position -> position.sequence() >= upTo.sequence())
                        .filter(position -> !position.messageTime().isBefore(upTo.time()))
                        .isPresent()
                    && tables
                        .deadLetters
                        .all()
                        .map(Content.DeadRow::letter)
                        .filter(letter -> letter.bucket().equals(upTo.bucket()))
                        .noneMatch(
                            letter ->
                                letter.key().map(StateKey::agent).equals(Optional.of(agent))));
    return applied ? Optional.of(keys(agent, prefix, after, limit)) : Optional.empty();
  }

  @Override
  public List<StateKey> keysOfAll(Optional<StateKey> after, int limit) {
    return session.call(
        tables ->
            tables
                .states
                .all()
                .map(Content.StateRow::stored)
                .filter(row -> !row.deleted())
                .map(StoredState::key)
                .filter(key -> after.map(last -> compare(key, last) > 0).orElse(true))
                .sorted(MemoryStateStore::compare)
                .limit(limit)
                .toList());
  }

  @Override
  public List<StoredState> search(StateSearch wanted) {
    @Nullable Object part = wanted.part().isEmpty() ? null : JsonTree.read(wanted.part().get());
    return session.call(
        tables -> {
          tables.requireSet("state_search", "search entries");
          return tables
              .states
              .all()
              .map(Content.StateRow::stored)
              .filter(row -> isSelected(row, wanted))
              .filter(
                  row ->
                      wanted.part().isEmpty()
                          || Containment.contains(JsonTree.read(row.value()), part))
              .filter(
                  row -> wanted.words().map(words -> Words.has(row.value(), words)).orElse(true))
              .sorted((one, other) -> compare(one.key(), other.key()))
              .limit(wanted.limit())
              .toList();
        });
  }

  private static boolean isSelected(StoredState row, StateSearch wanted) {
    StateKey key = row.key();
    return !row.deleted()
        && row.expiresAt().map(at -> at.isAfter(wanted.now())).orElse(true)
        && key.path().startsWith(wanted.prefix())
        && wanted.owner().map(key.agent()::equals).orElse(true)
        && wanted.after().map(after -> compare(key, after) > 0).orElse(true);
  }

  private static int compare(StateKey one, StateKey other) {
    int owners = one.agent().uuid().toString().compareTo(other.agent().uuid().toString());
    return owners == 0 ? compareBytes(one.path(), other.path()) : owners;
  }

  private static int compareBytes(String one, String other) {
    return Arrays.compareUnsigned(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
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
    return session.call(
        tables ->
            tables
                .states
                .all()
                .map(row -> row.stored().key())
                .filter(key -> !isAllowed(tables, key.agent()))
                .limit(limit)
                .toList());
  }

  @Override
  public int removeOrphans(Collection<StateKey> keys) {
    return session.call(
        tables -> {
          int removed = 0;
          for (StateKey key : keys) {
            boolean orphan = !isAllowed(tables, key.agent());
            removed += orphan && tables.states.remove(Tables.id(key)) ? 1 : 0;
          }
          return removed;
        });
  }

  private static boolean isAllowed(Tables tables, AgentId agent) {
    return agent.isExternal()
        || tables.agents.all().anyMatch(row -> row.stored().agent().id().equals(agent));
  }

  @Override
  public long count() {
    return session.call(
        tables -> tables.states.all().filter(row -> !row.stored().deleted()).count());
  }

  @Override
  public int sweep(Duration retention) {
    Instant limit = session.now().minus(retention);
    return session.call(tables -> tables.states.removeIf(row -> isOver(row, limit)));
  }

  private static boolean isOver(Content.StateRow row, Instant limit) {
    return row.stored().deleted()
        ? row.since().isBefore(limit)
        : row.stored().expiresAt().map(at -> at.isBefore(limit)).orElse(false);
  }
}
