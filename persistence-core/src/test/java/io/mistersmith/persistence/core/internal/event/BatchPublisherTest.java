package io.mistersmith.persistence.core.internal.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxChange.Kind;
import io.mistersmith.persistence.spi.sql.OutboxStore.Position;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Order and failures of a batch, over the streams in memory. */
class BatchPublisherTest {

  private static final UUID AGENT = UUID.fromString("7f1c0000-0000-4000-8000-000000000001");

  private final Stores stores = new InMemoryStores().open(PersistenceConfig.inMemory().build());
  private final StreamStore streams = stores.hot().streams();
  private final List<Outgoing> sent = new ArrayList<>();

  @BeforeEach
  void createStreams() {
    assertThat(streams.apply(StreamPlan.agentState()).exists()).isFalse();
    assertThat(streams.apply(StreamPlan.taskExecution()).exists()).isFalse();
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private static OutboxChange change(long id, String key) {
    return change(id, Kind.STATE_UPDATE, Optional.of(key));
  }

  private static OutboxChange change(long id, Kind kind, Optional<String> key) {
    String payload = "{\"n\":%d}".formatted(id);
    return new OutboxChange(
        id,
        7,
        kind,
        key.map(any -> AGENT),
        key,
        1,
        id,
        Optional.empty(),
        Instant.EPOCH.plusSeconds(id),
        payload.length(),
        Optional.of(payload));
  }

  /** The streams, with another way to publish. */
  private StreamStore publishing(Function<Outgoing, CompletableFuture<Published>> way) {
    return (StreamStore)
        Proxy.newProxyInstance(
            StreamStore.class.getClassLoader(),
            new Class<?>[] {StreamStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("publish")) {
                sent.add((Outgoing) arguments[0]);
                return way.apply((Outgoing) arguments[0]);
              }
              try {
                return method.invoke(streams, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static BatchPublisher publisher(StreamStore streams, StoredIds stored) {
    return new BatchPublisher(
        new FeedStreams(streams, Map.of()), 1, Map.of(), stored, () -> true, () -> {});
  }

  private List<Long> sentIds() {
    return sent.stream()
        .map(message -> Long.valueOf(message.id().orElseThrow().split("-", 2)[0]))
        .toList();
  }

  private List<Stored> stored() {
    return streams.page(ChangeMessages.STATE, Optional.empty(), 0, 100, Content.ALL);
  }

  @Test
  void aChangeWaitsForTheOneBeforeItOfItsKeyAlone() {
    List<CompletableFuture<Published>> answers = new ArrayList<>();
    StreamStore silent =
        publishing(
            message -> {
              answers.add(new CompletableFuture<>());
              return answers.get(answers.size() - 1);
            });
    BatchPublisher publisher = publisher(silent, StoredIds.NONE);
    publisher.publish(
        List.of(change(1, "a"), change(2, "a"), change(3, "b"), change(4, "b"), change(5, "a")), 5);
    assertThat(sentIds()).containsExactly(1L, 3L);
    answers.get(0).complete(new Published(7, false));
    publisher.publish(List.of(change(6, "c")), 5);
    assertThat(sentIds()).containsExactly(1L, 3L, 6L, 2L);
    answers.get(1).complete(new Published(8, false));
    answers.get(3).complete(new Published(9, false));
    publisher.publish(List.of(), 3);
    assertThat(sentIds()).containsExactly(1L, 3L, 6L, 2L, 4L, 5L);
    for (int answer : new int[] {2, 4, 5}) {
      answers.get(answer).complete(new Published(10 + answer, false));
    }
    publisher.finish();
    assertThat(publisher.sequences()).containsEntry(ChangeMessages.STATE, 15L);
  }

  @Test
  void aLostMessageIsNotOvertakenByALaterOneOfItsKey() {
    StreamStore lossy =
        publishing(
            message ->
                message.id().orElseThrow().startsWith("1-")
                    ? CompletableFuture.failedFuture(
                        new TransientPersistenceException(DataError.OUTCOME_UNKNOWN, "lost"))
                    : streams.publish(message));
    BatchPublisher publisher = publisher(lossy, StoredIds.NONE);
    assertThatThrownBy(
            () -> {
              publisher.publish(List.of(change(1, "a"), change(2, "a"), change(3, "b")), 0);
              publisher.finish();
            })
        .hasMessage("lost");
    assertThat(sentIds()).doesNotContain(2L);

    StoredIds found = StoredIds.after(start(), feed());
    BatchPublisher again = publisher(streams, found);
    again.publish(List.of(change(1, "a"), change(2, "a"), change(3, "b")), 0);
    again.finish();
    assertThat(again.skipped()).isEqualTo(found.count());
    assertThat(stored()).hasSize(3).extracting(Stored::id).doesNotHaveDuplicates();
    assertThat(stored().stream().map(message -> message.id().orElseThrow()).toList())
        .containsSubsequence(ChangeMessages.id(change(1, "a")), ChangeMessages.id(change(2, "a")));
  }

  private static Position start() {
    return new Position(0, Map.of(), Instant.EPOCH);
  }

  private FeedStreams feed() {
    return new FeedStreams(streams, Map.of());
  }

  @Test
  void whatIsStoredIsFoundBehindThePositionAlone() {
    BatchPublisher first = publisher(streams, StoredIds.NONE);
    first.publish(List.of(change(1, "a"), change(2, "a")), 0);
    first.finish();
    Position done = new Position(1, first.sequences(), Instant.EPOCH);
    assertThat(StoredIds.after(done, feed()).count()).isZero();
    assertThat(StoredIds.after(start(), feed()).contains(id(2))).isTrue();
    assertThat(StoredIds.after(start(), feed()).contains(id(3))).isFalse();

    // The stream was recreated, and an attempt of the next batch was interrupted.
    assertThat(streams.deleteStream(ChangeMessages.STATE)).isTrue();
    createStream();
    BatchPublisher second = publisher(streams, StoredIds.NONE);
    second.publish(List.of(change(3, "a")), 0);
    second.finish();
    assertThat(StoredIds.after(done, feed()).contains(id(3))).isTrue();
  }

  private void createStream() {
    var unused = streams.apply(StreamPlan.agentState());
  }

  private static String id(long id) {
    return ChangeMessages.id(change(id, "a"));
  }

  @Test
  void aTruncationComesBetweenAllOthers() {
    BatchPublisher publisher = publisher(streams, StoredIds.NONE);
    publisher.publish(
        List.of(
            change(1, "a"),
            change(2, "b"),
            change(3, Kind.STATE_TRUNCATE, Optional.empty()),
            change(4, "a")),
        0);
    publisher.finish();
    assertThat(stored().get(2).subject()).isEqualTo(ChangeMessages.STATE_TRUNCATED);
    assertThat(stored().get(3).id()).contains(id(4));
  }

  @Test
  void whatTheStreamFindsTooLargeGoesByReference() {
    StreamStore narrow =
        publishing(
            message ->
                message.headers().containsKey(ChangeMessages.REFERENCE)
                    ? streams.publish(message)
                    : CompletableFuture.failedFuture(
                        new NonTransientPersistenceException(
                            DataError.VALUE_TOO_LARGE, "too large")));
    BatchPublisher publisher = publisher(narrow, StoredIds.NONE);
    publisher.publish(List.of(change(1, "a"), change(2, "a")), 0);
    publisher.finish();
    assertThat(publisher.references()).isEqualTo(2);
    assertThat(new String(stored().get(0).body(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("\"by_reference\":true", AGENT.toString(), "\"size\":7");
  }

  @Test
  void withoutTheLeaseNothingIsSent() {
    BatchPublisher publisher =
        new BatchPublisher(
            new FeedStreams(publishing(streams::publish), Map.of()),
            1,
            Map.of(),
            StoredIds.NONE,
            () -> false,
            () -> {});
    assertThatThrownBy(() -> publisher.publish(List.of(change(1, "a")), 0))
        .isInstanceOf(LeaseLostException.class);
    assertThat(sent).isEmpty();
  }

  /** A database that was put back hands out ids again. */
  @Test
  void anIdThatIsHandedOutAgainIsAnotherMessage() {
    OutboxChange before = change(1, "a");
    OutboxChange after =
        new OutboxChange(
            1,
            7,
            Kind.STATE_UPDATE,
            Optional.of(AGENT),
            Optional.of("a"),
            1,
            1,
            Optional.empty(),
            before.at().plusNanos(1_000),
            7,
            before.payload());
    assertThat(ChangeMessages.id(after)).isNotEqualTo(ChangeMessages.id(before));
  }

  @Test
  void aTenantsChangesGoToItsStreams() {
    UUID tenant = UUID.randomUUID();
    StreamStore own = streams.withPrefix("tenant-");
    assertThat(own.apply(StreamPlan.agentState()).exists()).isFalse();
    assertThat(own.apply(StreamPlan.taskExecution()).exists()).isFalse();
    FeedStreams feed = new FeedStreams(streams, Map.of(tenant, "tenant-"));
    OutboxChange common = change(1, "a");
    OutboxChange change =
        new OutboxChange(
            2,
            7,
            Kind.STATE_UPDATE,
            common.subject(),
            common.stateKey(),
            1,
            2,
            Optional.of(tenant),
            common.at(),
            common.size(),
            common.payload());
    BatchPublisher publisher =
        new BatchPublisher(feed, 1, Map.of(), StoredIds.NONE, () -> true, () -> {});
    publisher.publish(List.of(common, change), 0);
    publisher.finish();
    assertThat(stored()).extracting(Stored::id).containsExactly(Optional.of(id(1)));
    assertThat(own.page(ChangeMessages.STATE, Optional.empty(), 0, 9, Content.ALL))
        .extracting(Stored::subject)
        .containsExactly("agents.state." + AGENT);
    assertThat(publisher.sequences())
        .containsEntry("tenant-AGENT_STATE", 1L)
        .containsEntry("AGENT_STATE", 1L);
    assertThat(StoredIds.after(start(), feed).count()).isEqualTo(2);
  }
}
