package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of encrypted entries. */
public abstract class EncryptionContract extends EncryptionTests {

  private static final SaveOptions NO_OPTION = SaveOptions.unconditional();
  private static final StateType<Object> SESSION =
      StateType.of("note", Object.class).in(DataType.SESSION_DATA);

  /** For implementations. */
  protected EncryptionContract() {}

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void noStoreHoldsWhatWasWritten() throws Exception {
    Persistence runtime = encrypted();
    states(runtime).save(key("secret"), Map.of("text", MARKER), NO_OPTION);
    runtime.states(SESSION).save(key("of session"), MARKER, NO_OPTION);
    Log<Object> log = runtime.log(agent(), "turns", Object.class);
    long version = log.append(MARKER);
    var unused =
        runtime
            .largeValues()
            .write(key("large"), new ByteArrayInputStream(utf8(MARKER)), NO_OPTION);
    assertThat(runtime.queries("names", Object.class).get("all", () -> MARKER)).isEqualTo(MARKER);
    states(runtime).flush(key("secret"), SOON);
    log.awaitDurable(version, SOON);
    Checkpoint made = runtime.checkpoints().create(agent(), CheckpointOptions.full());

    assertHidden(Bucket.AGENT_STATE);
    assertHidden(Bucket.SESSION_DATA);
    assertHidden(Bucket.QUERY_CACHE);
    assertThat(stores().sql().states().find(key("secret")).orElseThrow().value())
        .isEqualTo(stored(key("secret")));
    stores()
        .sql()
        .checkpoints()
        .entries(made.id())
        .forEach(entry -> assertThat(text(entry.value())).doesNotContain(MARKER));

    Persistence other = encrypted();
    assertThat(states(other).find(key("secret")).orElseThrow().value())
        .isEqualTo(Map.of("text", MARKER));
    assertThat(other.states(SESSION).find(key("of session")).orElseThrow().value())
        .isEqualTo(MARKER);
    assertThat(other.log(agent(), "turns", Object.class).tail(1).get(0).value()).isEqualTo(MARKER);
    assertThat(large(other, key("large"))).contains(MARKER);
    assertThat(other.checkpoints().read(made.id(), Object.class).values())
        .extracting(Versioned::value)
        .contains(Map.of("text", MARKER));
  }

  private void assertHidden(Bucket bucket) {
    Journal journal = bucket(bucket).journal();
    int messages = 0;
    try (JournalReader reader = journal.read(JournalRange.from(1))) {
      Optional<JournalEntry> next = reader.next(SOON);
      while (next.isPresent()) {
        messages++;
        assertThat(text(next.get().value()))
            .as("%s: %s", bucket, next.get().subject())
            .doesNotContain(MARKER);
        next = next.get().pending() == 0 ? Optional.empty() : reader.next(SOON);
      }
    }
    assertThat(messages).as("messages in %s", bucket).isPositive();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static Optional<String> large(Persistence runtime, StateKey key) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return runtime.largeValues().read(key, out).map(found -> text(out.toByteArray()));
  }

  @Test
  void strictRefusesWhatIsNotEncrypted() {
    states().save(key("old"), "plain", NO_OPTION);

    assertUnreadable(() -> states(encrypted()).find(key("old")));

    Persistence migrating = encrypted(encryption().mode(Mode.MIGRATION));
    assertThat(states(migrating).find(key("old")).orElseThrow().value()).isEqualTo("plain");
    assertThat(migrating.operations().notices()).anyMatch(line -> line.contains("MIGRATION"));
    assertThat(migrating.operations().health().check().component("encryption").orElseThrow())
        .satisfies(
            component -> {
              assertThat(component.status()).isEqualTo(Health.Status.DEGRADED);
              assertThat(component.reason()).contains("MIGRATION");
            });
    states(migrating).save(key("old"), "new", NO_OPTION);
    assertThat(states(encrypted()).find(key("old")).orElseThrow().value()).isEqualTo("new");
  }

  @Test
  void anEntryOfAnotherKeyOrTypeIsRefused() {
    Persistence runtime = encrypted();
    states(runtime).save(key("one"), "1", NO_OPTION);
    byte[] one = stored(key("one"));
    store(key("other"), one);
    store(key("one").withType("typed"), one);

    Persistence reading = encrypted();
    assertUnreadable(() -> states(reading).find(key("other")));
    assertUnreadable(() -> reading.states(StateType.of("typed", Object.class)).find(key("one")));
    assertThat(states(reading).find(key("one")).orElseThrow().value()).isEqualTo("1");
  }

  @Test
  void anEntryOfAnotherTenantIsRefused() {
    states(encrypted(encryption().scope("tenant 1"))).save(key("one"), "1", NO_OPTION);

    assertUnreadable(() -> states(encrypted(encryption().scope("tenant 2"))).find(key("one")));
  }

  @Test
  void aChangedShortenedOrDowngradedEntryIsRefused() {
    states(encrypted()).save(key("one"), "value", NO_OPTION);
    byte[] sealed = sealed(stored(key("one")));
    byte[] changed = sealed.clone();
    changed[changed.length - 1] ^= 1;
    byte[] older = sealed.clone();
    older[0] = 0;
    byte[] otherKey = sealed.clone();
    otherKey[5] ^= 1;
    store(key("changed"), json(changed));
    store(key("shortened"), json(Arrays.copyOf(sealed, sealed.length - 1)));
    store(key("empty"), json(new byte[0]));
    store(key("older"), json(older));
    store(key("other key"), json(otherKey));
    store(key("two members"), utf8("{\"$sealed\":\"AA==\",\"x\":1}"));

    Persistence strict = encrypted();
    Persistence migrating = encrypted(encryption().mode(Mode.MIGRATION));
    for (String name :
        List.of("changed", "shortened", "empty", "older", "other key", "two members")) {
      assertUnreadable(() -> states(strict).find(key(name)));
      assertUnreadable(() -> states(migrating).find(key(name)));
    }
  }

  @Test
  void aForkReadsWhatItsOriginWrote() {
    Persistence runtime = encrypted(encryption().keyOfEachOwner());
    states(runtime).save(key("memory"), MARKER, NO_OPTION);
    Checkpoint made = runtime.checkpoints().create(agent(), CheckpointOptions.full());
    AgentId other = register();

    var forked = runtime.checkpoints().fork(made.id(), other, ForkOptions.toEmpty(SOON));

    assertThat(forked).isNotNull();
    assertThat(states(runtime).find(StateKey.of(other, "memory")).orElseThrow().value())
        .isEqualTo(MARKER);
  }

  @Test
  void aBranchOfALogIsEncryptedForItself() {
    Persistence runtime = encrypted();
    Log<Object> log = runtime.log(agent(), "main", Object.class);
    for (int i = 1; i <= 3; i++) {
      long unused = log.append("turn " + i);
    }
    long unused = log.compact(3, "summary", 1);

    Log<Object> branch = log.copy("branch");

    assertThat(branch.read(1, 10))
        .extracting(Log.Entry::value)
        .containsExactly("summary", "turn 3");
    assertThat(encrypted().log(agent(), "branch", Object.class).read(1, 10))
        .extracting(Log.Entry::value)
        .containsExactly("summary", "turn 3");
  }

  @Test
  void aShortenedLargeValueIsRefused() throws Exception {
    int chunk = LargeValueTests.CHUNK;
    Persistence runtime = encrypted();
    for (int size : new int[] {0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk}) {
      byte[] bytes = LargeValueTests.bytes(size, size);
      var unused =
          runtime
              .largeValues()
              .write(key("of." + size), new ByteArrayInputStream(bytes), NO_OPTION);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      assertThat(runtime.largeValues().read(key("of." + size), out)).isPresent();
      assertThat(out.toByteArray()).isEqualTo(bytes);
    }

    var whole = runtime.largeValues().descriptions().find(key("of.1")).orElseThrow().value();
    String none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    Description empty = new Description(whole.content(), 0, 0, none);
    var saved = runtime.largeValues().descriptions().save(key("of.1"), empty, NO_OPTION);
    assertThat(saved).isNotNull();
    assertUnreadable(() -> large(runtime, key("of.1")));
  }

  @Test
  void aSearchByContentIsRefused() {
    Persistence runtime = encrypted();

    assertFails(
        DataError.MISCONFIGURED,
        false,
        () -> states(runtime).search(StateQuery.containing(Map.of("a", 1))));
    assertFails(
        DataError.MISCONFIGURED, false, () -> states(runtime).search(StateQuery.matching("words")));
  }
}
