package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The data keys, in memory. */
final class MemoryDataKeyStore implements DataKeyStore {

  private static final Comparator<StoredKey> BY_AGE = Comparator.comparing(StoredKey::createdAt);

  private final Session session;

  MemoryDataKeyStore(Session session) {
    this.session = session;
  }

  @Override
  public Optional<StoredKey> find(UUID id) {
    return session.call(tables -> tables.dataKeys.find(id));
  }

  @Override
  public List<StoredKey> findAll(Collection<UUID> ids) {
    return session.call(
        tables -> ids.stream().map(tables.dataKeys::find).flatMap(Optional::stream).toList());
  }

  @Override
  public Optional<StoredKey> newest(String subject) {
    return session.call(
        tables ->
            tables
                .dataKeys
                .all()
                .filter(key -> key.subject().equals(subject) && key.wrapped().isPresent())
                .max(BY_AGE));
  }

  @Override
  public void add(NewKey key) {
    boolean added =
        session.call(
            tables -> {
              tables.dataKeys.lock(key.id());
              if (tables.dataKeys.contains(key.id())) {
                return false;
              }
              tables.dataKeys.put(
                  key.id(),
                  new StoredKey(
                      key.id(),
                      key.subject(),
                      key.masterKey(),
                      Optional.of(key.wrapped().clone()),
                      key.createdAt()));
              return true;
            });
    if (!added) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, "add data key " + key.id() + ": there is one of this id");
    }
  }

  @Override
  public List<StoredKey> wrappedByOthers(String masterKey, int limit) {
    return session.call(
        tables ->
            tables
                .dataKeys
                .all()
                .filter(key -> key.wrapped().isPresent() && !key.masterKey().equals(masterKey))
                .sorted(BY_AGE)
                .limit(limit)
                .toList());
  }

  @Override
  public boolean rewrap(UUID id, String before, String masterKey, byte[] wrapped) {
    return session.call(
        tables -> {
          tables.dataKeys.lock(id);
          Optional<StoredKey> row =
              tables
                  .dataKeys
                  .find(id)
                  .filter(key -> key.wrapped().isPresent() && key.masterKey().equals(before));
          row.ifPresent(
              key ->
                  tables.dataKeys.put(
                      id,
                      new StoredKey(
                          id,
                          key.subject(),
                          masterKey,
                          Optional.of(wrapped.clone()),
                          key.createdAt())));
          return row.isPresent();
        });
  }

  @Override
  public int destroy(String subject) {
    return session.call(
        tables -> {
          List<StoredKey> keys =
              tables
                  .dataKeys
                  .all()
                  .filter(key -> key.subject().equals(subject) && key.wrapped().isPresent())
                  .toList();
          keys.forEach(
              key ->
                  tables.dataKeys.put(
                      key.id(),
                      new StoredKey(
                          key.id(), subject, key.masterKey(), Optional.empty(), key.createdAt())));
          return keys.size();
        });
  }
}
