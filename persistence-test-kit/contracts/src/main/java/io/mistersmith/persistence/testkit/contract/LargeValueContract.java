package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of {@link LargeValues}. */
public abstract class LargeValueContract extends LargeValueTests {

  /** For implementations. */
  protected LargeValueContract() {}

  @Test
  void bytesOfAnySizeReadTheSameFromEveryLayer() throws Exception {
    int[] sizes = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK + 17};
    for (int size : sizes) {
      byte[] bytes = bytes(size, size);
      StateKey key = key("of." + size);
      Description written =
          large().write(key, new ByteArrayInputStream(bytes), size, NO_OPTION).value();
      assertThat(written.bytes()).isEqualTo(size);
      assertThat(written.chunks()).isEqualTo((size + CHUNK - 1) / CHUNK);
      assertHolds(persistence(), key, bytes);
      assertHolds(open(config().build()), key, bytes);
      flush(key);
      assertHolds(persistence(), key, bytes);
    }
    evictAll(sizes.length);
    Persistence later = open(config().build());
    for (int size : sizes) {
      assertHolds(later, key("of." + size), bytes(size, size));
    }
  }

  @Test
  void anAbsentValueIsNotRead() throws Exception {
    assertThat(read(persistence(), key("none"))).isEmpty();
  }

  @Test
  void aKeyHoldsTheLastWriteAndItsRevisionIsCompared() throws Exception {
    StateKey key = key("a");
    Revision first = write(key, bytes(CHUNK + 1, 1)).revision();
    byte[] second = bytes(2 * CHUNK, 2);
    Revision now =
        large().write(key, new ByteArrayInputStream(second), SaveOptions.at(first)).revision();
    byte[] other = bytes(10, 3);
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> large().write(key, new ByteArrayInputStream(other), SaveOptions.at(first)));
    assertFails(
        DataError.DUPLICATE_KEY,
        () -> large().write(key, new ByteArrayInputStream(other), SaveOptions.ifAbsent()));
    assertHolds(persistence(), key, second);
    assertThat(descriptions().find(key).orElseThrow().revision()).isEqualTo(now);

    descriptions().delete(key, now);
    assertThat(read(persistence(), key)).isEmpty();
    flush(key);
    assertThat(read(open(config().build()), key)).isEmpty();
    large().write(key, new ByteArrayInputStream(other), SaveOptions.ifAbsent());
    assertHolds(persistence(), key, other);
  }

  @Test
  void keysOfLargeValuesAreApart() throws Exception {
    states().save(key("a"), "small");
    write(key("a"), bytes(CHUNK, 1));
    assertThat(states().keys(agent(), "")).containsExactly(key("a"));
    assertThat(descriptions().keys(agent(), "")).containsExactly(key("a"));
    assertThat(find(key("a")).value()).isEqualTo("small");
    descriptions().delete(key("a"));
    assertThat(find(key("a")).value()).isEqualTo("small");
  }

  @Test
  void whatIsOverTheLimitIsRefusedAndLeavesTheKeyAlone() throws Exception {
    Persistence limited = open(config().maxLargeValueBytes(CHUNK + 5).build());
    LargeValues values = limited.largeValues();
    byte[] old = bytes(CHUNK + 5, 1);
    values.write(key("a"), new ByteArrayInputStream(old), NO_OPTION);
    ByteArrayInputStream unread = new ByteArrayInputStream(bytes(CHUNK + 6, 2));
    assertFails(
        DataError.VALUE_TOO_LARGE, () -> values.write(key("a"), unread, CHUNK + 6, NO_OPTION));
    assertThat(unread.available()).isEqualTo(CHUNK + 6);
    byte[] over = bytes(CHUNK + 6, 2);
    assertFails(
        DataError.VALUE_TOO_LARGE,
        () -> values.write(key("a"), new ByteArrayInputStream(over), NO_OPTION));
    assertHolds(limited, key("a"), old);
  }

  @Test
  void aStreamOfAnotherSizeOrThatFailsChangesNothing() throws Exception {
    byte[] old = bytes(100, 1);
    write(key("a"), old);
    byte[] bytes = bytes(CHUNK + 1, 2);
    for (int declared : new int[] {CHUNK, CHUNK + 2, 0}) {
      assertFails(
          DataError.SERIALIZATION_ERROR,
          () -> large().write(key("a"), new ByteArrayInputStream(bytes), declared, NO_OPTION));
    }
    InputStream failing = new FailingStream(new ByteArrayInputStream(bytes(CHUNK + 7, 3)));
    assertThatThrownBy(() -> large().write(key("a"), failing, NO_OPTION))
        .isInstanceOf(IOException.class)
        .hasMessage("the tool died");
    assertHolds(persistence(), key("a"), old);
  }

  /** Fails where another stream ends. */
  private static final class FailingStream extends FilterInputStream {

    FailingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      return failAtEnd(super.read());
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      return failAtEnd(super.read(bytes, from, length));
    }

    private static int failAtEnd(int read) throws IOException {
      if (read < 0) {
        throw new IOException("the tool died");
      }
      return read;
    }
  }

  @Test
  void aReaderThatIsOvertakenEndsWithTheOldValueWhole() throws Exception {
    byte[] old = bytes(12 * CHUNK + 3, 1);
    byte[] replacement = bytes(12 * CHUNK + 3, 2);
    write(key("a"), old);
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    OutputStream overtaken =
        new OutputStream() {
          private boolean done;

          @Override
          public void write(int b) {
            read.write(b);
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            read.write(bytes, from, length);
            if (!done) {
              done = true;
              LargeValueContract.this.write(key("a"), replacement);
              LargeValueContract.this.flush(key("a"));
            }
          }
        };
    assertThat(large().read(key("a"), overtaken)).isPresent();
    assertThat(read.toByteArray()).isEqualTo(old);
    assertHolds(persistence(), key("a"), replacement);
  }

  @Test
  void waitingLongForTheCommitIsNoFailure() throws Exception {
    Duration grace = Duration.ofSeconds(4);
    Faults faults = new Faults(1);
    Persistence slow =
        open(config().flush(FlushConfig.builder().idleTimeToLive(grace).build()).build(), faults);
    persistence().close(SOON);
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      Future<Versioned<Description>> write =
          pool.submit(
              () ->
                  slow.largeValues()
                      .write(
                          key("a"),
                          new ByteArrayInputStream(bytes(10, 1)),
                          NO_OPTION.withDurability(SaveOptions.Durability.SQL_COMMITTED)));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      // The writer's own clock, which no fixture moves.
      Duration late = grace.dividedBy(2).plusMillis(200);
      Awaitility.await().pollDelay(late).atMost(SOON).until(() -> true);
      gate.release();
      assertThat(write.get(SOON.toSeconds(), TimeUnit.SECONDS).value().bytes()).isEqualTo(10);
    } finally {
      pool.shutdownNow();
    }
    assertHolds(slow, key("a"), bytes(10, 1));
  }

  @Test
  void anEntryWhoseContentIsMissingBecomesADeadLetterAndStopsNobody() throws Exception {
    Description never = new Description(UUID.randomUUID(), 5, 1, "0".repeat(64));
    Revision revision = descriptions().save(key("bad"), never).revision();
    states().save(key("neighbour"), 1);
    Description good = write(key("good"), bytes(CHUNK + 1, 1)).value();
    Description more = new Description(good.content(), good.bytes() + 1, 3, good.sha256());
    Revision incomplete = descriptions().save(key("incomplete"), more).revision();
    states().flush(key("neighbour"), SOON);
    flush(key("good"));
    assertFails(
        DataError.DEAD_LETTERED,
        () -> descriptions().awaitDurable(key("incomplete"), incomplete, SOON));
    descriptions().delete(key("incomplete"));
    flush(key("incomplete"));
    assertFails(
        DataError.DEAD_LETTERED, () -> descriptions().awaitDurable(key("bad"), revision, SOON));
    assertFails(
        DataError.DATA_CORRUPTION, () -> large().read(key("bad"), new ByteArrayOutputStream()));
    assertThat(persistence().operations().deadLetters().open(9)).hasSize(1);
    write(key("bad"), bytes(3, 1));
    flush(key("bad"));
    assertThat(persistence().operations().deadLetters().count()).isZero();
    assertHolds(persistence(), key("bad"), bytes(3, 1));
  }

  @Test
  void aValueOfAnUnknownAgentCanBeReplayed() throws Exception {
    Agent late = Agent.of("contract", "late");
    StateKey key = StateKey.of(late.id(), "a");
    byte[] bytes = bytes(CHUNK + 1, 1);
    write(key, bytes);
    Awaitility.await()
        .atMost(SOON)
        .until(() -> persistence().operations().deadLetters().count() == 1);
    persistence().agents().save(late);
    UUID letter = persistence().operations().deadLetters().open(2).get(0).id();
    assertThat(persistence().operations().deadLetters().replay(letter)).isTrue();
    assertHolds(open(config().build()), key, bytes);
    assertThat(stores().sql().states().find(key.withType(StateKey.LARGE))).isPresent();
  }

  @Test
  void changedBytesAreCorruption() throws Exception {
    Description description = write(key("a"), bytes(CHUNK + 9, 1)).value();
    StateKey chunk =
        new StateKey(AgentId.external(description.content().toString()), StateKey.CHUNK, "1");
    HotWrites writes = stores().hot().bucket(Bucket.AGENT_STATE).writes();
    for (int size : new int[] {9, 8, 10}) {
      long unused =
          writes.publish(chunk, Operation.PUT, bytes(size, 2), EntryMetadata.NONE, HotWrites.ANY);
      assertFails(
          DataError.DATA_CORRUPTION, () -> large().read(key("a"), new ByteArrayOutputStream()));
    }
  }

  @Test
  void aForeignChunkBecomesADeadLetterAndStopsNobody() {
    HotWrites writes = stores().hot().bucket(Bucket.AGENT_STATE).writes();
    StateKey[] foreign = {
      new StateKey(agent(), StateKey.CHUNK, "0"),
      new StateKey(AgentId.external(UUID.randomUUID().toString()), StateKey.CHUNK, "x"),
      new StateKey(AgentId.external("no id"), StateKey.CHUNK, "0"),
      new StateKey(agent(), StateKey.LARGE, "no description")
    };
    for (StateKey key : foreign) {
      long unused =
          writes.publish(key, Operation.PUT, new byte[] {1}, EntryMetadata.NONE, HotWrites.ANY);
    }
    states().save(key("neighbour"), 1);
    states().flush(key("neighbour"), SOON);
    assertThat(persistence().operations().deadLetters().count()).isEqualTo(foreign.length);
  }

  @Test
  void theStoresAreFoundConsistent() throws Exception {
    write(key("a"), bytes(3 * CHUNK, 1));
    write(key("b"), bytes(3 * CHUNK, 2));
    descriptions().delete(key("b"));
    persistence().lifecycle().flush(agent(), SOON);
    for (CheckScope scope : List.of(CheckScope.agent(agent()), CheckScope.everything())) {
      assertThat(persistence().operations().consistency().check(scope).inconsistencies()).isEmpty();
    }
  }
}
