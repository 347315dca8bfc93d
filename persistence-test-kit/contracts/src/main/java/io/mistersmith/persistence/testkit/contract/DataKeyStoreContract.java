package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore.NewKey;
import io.mistersmith.persistence.spi.sql.DataKeyStore.StoredKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of the data keys that encrypt entries. */
public abstract class DataKeyStoreContract extends UnitContract {

  private static final Instant MADE = Instant.parse("2026-05-01T10:00:00.123456Z");

  /** For implementations. */
  protected DataKeyStoreContract() {}

  private DataKeyStore keys() {
    return sql().dataKeys();
  }

  private UUID add(String subject, String masterKey, Instant at) {
    UUID id = UUID.randomUUID();
    keys().add(new NewKey(id, subject, masterKey, bytes("wrapped " + id), at));
    return id;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aKeyIsReadAsItWasAdded() {
    UUID id = add("agent 1", "master/1", MADE);

    StoredKey found = keys().find(id).orElseThrow();

    assertThat(found.id()).isEqualTo(id);
    assertThat(found.subject()).isEqualTo("agent 1");
    assertThat(found.masterKey()).isEqualTo("master/1");
    assertThat(found.wrapped().orElseThrow()).isEqualTo(bytes("wrapped " + id));
    assertThat(found.createdAt()).isEqualTo(MADE);
    assertThat(keys().find(UUID.randomUUID())).isEmpty();
  }

  @Test
  void manyAreFoundAtOnce() {
    UUID kept = add("a", "m", MADE);
    UUID destroyed = add("b", "m", MADE);
    UUID unusedOther = add("c", "m", MADE);
    assertThat(keys().destroy("b")).isOne();

    assertThat(keys().findAll(List.of(kept, destroyed, UUID.randomUUID())))
        .extracting(key -> key.id() + " " + key.wrapped().isPresent())
        .containsExactlyInAnyOrder(kept + " true", destroyed + " false");
    assertThat(keys().findAll(List.of())).isEmpty();
  }

  @Test
  void anIdIsAddedOnce() {
    UUID id = add("a", "m", MADE);

    assertThatThrownBy(() -> keys().add(new NewKey(id, "b", "m", bytes("other"), MADE)))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY));
    assertThat(keys().find(id).orElseThrow().subject()).isEqualTo("a");
  }

  @Test
  void theNewestKeyIsThatOfTheSubject() {
    UUID newest = add("a", "m", MADE.plusSeconds(2));
    UUID unusedOlder = add("a", "m", MADE.plusSeconds(1));
    UUID unusedOther = add("b", "m", MADE.plusSeconds(3));

    assertThat(keys().newest("a").map(StoredKey::id)).hasValue(newest);
    assertThat(keys().newest("nobody")).isEmpty();
  }

  @Test
  void aDestroyedKeyIsKnownAndHasNothing() {
    UUID first = add("a", "m", MADE);
    UUID second = add("a", "m", MADE.plusSeconds(1));
    UUID other = add("b", "m", MADE);

    assertThat(keys().destroy("a")).isEqualTo(2);

    assertThat(keys().find(first).orElseThrow().wrapped()).isEmpty();
    assertThat(keys().find(second).orElseThrow().wrapped()).isEmpty();
    assertThat(keys().find(other).orElseThrow().wrapped()).isPresent();
    assertThat(keys().newest("a")).isEmpty();
    assertThat(keys().destroy("a")).isZero();
    assertThat(keys().rewrap(first, "m", "n", bytes("back"))).isFalse();
  }

  @Test
  void keysOfOtherMasterKeysAreRewrappedOnce() {
    UUID old = add("a", "old", MADE);
    UUID older = add("b", "old", MADE.minusSeconds(1));
    UUID unusedPresent = add("a", "new", MADE);
    UUID unusedGone = add("gone", "old", MADE);
    assertThat(keys().destroy("gone")).isOne();

    assertThat(keys().wrappedByOthers("new", 10))
        .extracting(StoredKey::id)
        .containsExactly(older, old);
    assertThat(keys().wrappedByOthers("new", 1)).extracting(StoredKey::id).containsExactly(older);

    assertThat(keys().rewrap(old, "old", "new", bytes("again"))).isTrue();
    assertThat(keys().rewrap(old, "old", "new", bytes("late"))).isFalse();
    assertThat(keys().find(old).orElseThrow().wrapped().orElseThrow()).isEqualTo(bytes("again"));
    assertThat(keys().find(old).orElseThrow().masterKey()).isEqualTo("new");
  }
}
