package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * The contract of STRICT towards plaintext: what somebody puts into a store past the encryption is
 * read by no call, wherever it is.
 */
public abstract class UnencryptedDataContract extends EncryptionTests {

  private static final SaveOptions NO_OPTION = SaveOptions.unconditional();

  /** For implementations. */
  protected UnencryptedDataContract() {}

  @Test
  void noCallReadsAnEntry() {
    states().save(key("planted"), MARKER, NO_OPTION);
    Persistence strict = encrypted();

    assertUnreadable(() -> states(strict).find(key("planted")));
    assertThat(failure(states(strict).findAll(List.of(key("planted"))), key("planted")))
        .isEqualTo(DataError.UNREADABLE);
    assertUnreadable(() -> states(strict).update(key("planted"), found -> found));
    assertUnreadable(() -> states(strict).update(key("planted"), "initial", found -> found));
    assertThat(find(key("planted")).value()).as("nothing was written").isEqualTo(MARKER);
  }

  @Test
  void noCallReadsARowThatPostgresAloneHas() {
    states().save(key("planted"), MARKER, NO_OPTION);
    assertThat(evictAll(1)).isEqualTo(1);
    Persistence strict = encrypted();

    assertUnreadable(() -> states(strict).find(key("planted")));
    assertThat(failure(states(strict).findAll(List.of(key("planted"))), key("planted")))
        .isEqualTo(DataError.UNREADABLE);
  }

  @Test
  void noCallReadsDataOfSessions() {
    StateType<Object> type = StateType.of("note", Object.class).in(DataType.SESSION_DATA);
    persistence().states(type).save(key("planted"), MARKER, NO_OPTION);

    assertUnreadable(() -> encrypted().states(type).find(key("planted")));
  }

  @Test
  void noCallReadsALog() {
    Log<Object> plain = persistence().log(agent(), "turns", Object.class);
    long unused = plain.append(MARKER);
    Log<Object> strict = encrypted().log(agent(), "turns", Object.class);

    assertUnreadable(() -> strict.tail(1));
    assertUnreadable(() -> strict.read(1, 10));
    assertUnreadable(() -> strict.readBackwards(1, 10));
    assertUnreadable(() -> strict.copy("copied"));
    assertUnreadable(() -> strict.branch("branch", 1));
  }

  @Test
  void noCallReadsASummary() {
    Log<Object> plain = persistence().log(agent(), "turns", Object.class);
    for (int i = 0; i < 2; i++) {
      long unused = plain.append(i);
    }
    long unused = plain.compact(2, MARKER, 0);

    assertUnreadable(() -> encrypted().log(agent(), "turns", Object.class).read(1, 10));
  }

  @Test
  void noCallReadsALargeValue() throws IOException {
    var unused =
        persistence()
            .largeValues()
            .write(
                key("planted"),
                new ByteArrayInputStream(MARKER.getBytes(StandardCharsets.UTF_8)),
                NO_OPTION);
    Persistence strict = encrypted();
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    assertUnreadable(() -> strict.largeValues().read(key("planted"), out));
    assertThat(out.size()).isZero();
  }

  @Test
  void noCallReadsACheckpoint() {
    states().save(key("planted"), MARKER, NO_OPTION);
    Checkpoint made = persistence().checkpoints().create(agent(), CheckpointOptions.full());
    states().delete(key("planted"));
    Persistence strict = encrypted();

    assertUnreadable(() -> strict.checkpoints().read(made.id(), Object.class));
    var unused = strict.checkpoints().restore(made.id(), SOON);
    assertUnreadable(() -> states(strict).find(key("planted")));
  }

  @Test
  void aWatchLeavesItOut() {
    Persistence strict = encrypted();
    Queue<Object> heard = new ConcurrentLinkedQueue<>();
    try (StateRepository.Watch watch =
        states(strict).watch(agent(), change -> heard.add(change.value().orElseThrow().value()))) {
      assertThat(watch).isNotNull();
      states().save(key("planted"), MARKER, NO_OPTION);
      states(strict).save(key("sealed"), "sealed", NO_OPTION);

      Awaitility.await().atMost(SOON).until(() -> !heard.isEmpty());
      assertThat(heard).containsExactly("sealed");
    }
  }

  @Test
  void aResultOfAQueryIsLoadedAgain() {
    String kept = persistence().queries("names", String.class).get("all", () -> MARKER);
    assertThat(kept).isEqualTo(MARKER);
    assertThat(open(config().build()).queries("names", String.class).get("all", () -> "loaded"))
        .as("a runtime that does not encrypt")
        .isEqualTo(MARKER);

    assertThat(encrypted().queries("names", String.class).get("all", () -> "loaded"))
        .isEqualTo("loaded");
  }

  @Test
  void aSessionThatWasRevokedIsNotBroughtBackByItsCopy() {
    Opened opened = persistence().sessions().open(NewSession.ofUser("user 1"));
    assertThat(persistence().sessions().find(opened.token())).isPresent();
    JournalEntry copy = copyOfSession().orElseThrow();
    assertThat(persistence().sessions().revoke(opened.session().id())).isTrue();
    long unused =
        bucket(Bucket.SESSION_DATA)
            .writes()
            .publish(
                copy.key().orElseThrow(),
                Operation.PUT,
                copy.value(),
                copy.metadata(),
                HotWrites.ANY);

    assertThat(persistence().sessions().find(opened.token()))
        .as("in a runtime that does not encrypt")
        .isPresent();
    assertThat(encrypted().sessions().find(opened.token())).isEmpty();
  }

  private Optional<JournalEntry> copyOfSession() {
    Journal journal = bucket(Bucket.SESSION_DATA).journal();
    try (JournalReader reader = journal.read(JournalRange.from(1))) {
      Optional<JournalEntry> next = reader.next(SOON);
      while (next.filter(entry -> entry.operation() != Operation.PUT).isPresent()) {
        next = next.get().pending() == 0 ? Optional.empty() : reader.next(SOON);
      }
      return next;
    }
  }
}
