package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Discard;
import io.mistersmith.persistence.stream.StreamPlan.Retention;
import io.mistersmith.persistence.stream.StreamPlan.Storage;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Running;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The contract of streams: planned, published to, read. */
public abstract class StreamStoreContract extends StoresContract {

  static final String EVENTS = "EVENTS";

  /** For implementations. */
  protected StreamStoreContract() {}

  final StreamStore streams() {
    return stores().hot().streams();
  }

  static StreamPlan.Builder plan() {
    return StreamPlan.builder(EVENTS, "things.>", "orders.*.done").maxBytes(1024 * 1024);
  }

  static Outgoing message(String subject, String id, String body) {
    return new Outgoing(EVENTS, subject, Optional.of(id), Map.of(), body.getBytes(UTF_8));
  }

  final Published publish(String subject, String id, String body) {
    return publish(message(subject, id, body));
  }

  final Published publish(Outgoing message) {
    try {
      return streams().publish(message).join();
    } catch (CompletionException e) {
      throw (PersistenceException) e.getCause();
    }
  }

  final List<String> bodies(Optional<String> filter, long after, int max) {
    return streams().page(EVENTS, filter, after, max, Content.ALL).stream()
        .map(found -> new String(found.body(), UTF_8))
        .toList();
  }

  @Test
  void aPlanIsComparedAppliedAndThenTheSame() {
    StreamPlan plan = plan().maxAge(Duration.ofHours(1)).description("what happens").build();
    assertThat(streams().compare(plan)).isEqualTo(new Changes(false, List.of()));
    assertThat(streams().find(EVENTS)).isEmpty();

    assertThat(streams().apply(plan).exists()).isFalse();
    assertThat(streams().compare(plan).isEmpty()).isTrue();
    assertThat(streams().apply(plan).isEmpty()).isTrue();

    StreamPlan other =
        plan.toBuilder().maxMessages(10).subjects(List.of("things.>")).description("less").build();
    List<Difference> differences = streams().compare(other).differences();
    assertThat(differences)
        .extracting(Difference::setting)
        .containsExactlyInAnyOrder("description", "subjects", "max_msgs");
    assertThat(streams().compare(plan).isEmpty()).as("comparing changes nothing").isTrue();
    assertThat(streams().apply(other).differences()).isEqualTo(differences);
    assertThat(streams().compare(other).isEmpty()).isTrue();
  }

  @Test
  void aStreamShowsWhatItHolds() {
    var unused = streams().apply(plan().build());
    Running empty = streams().find(EVENTS).orElseThrow();
    assertThat(empty.messages()).isZero();
    assertThat(empty.firstSequence()).isEqualTo(empty.lastSequence() + 1);
    publish("things.a", "1", "one");
    publish("things.b", "2", "two");
    Running two = streams().find(EVENTS).orElseThrow();
    assertThat(two.firstSequence()).isEqualTo(1);
    assertThat(two.lastSequence()).isEqualTo(2);
    assertThat(two.messages()).isEqualTo(2);
    assertThat(two.bytes()).isPositive();
    assertThat(two.replicas()).isEqualTo(1);
    assertThat(two.created()).isEqualTo(empty.created());
    assertThat(streams().deleteStream(EVENTS)).isTrue();
    assertThat(streams().deleteStream(EVENTS)).isFalse();
    assertThat(streams().find(EVENTS)).isEmpty();
  }

  @Test
  void aMessageIsReadAsItWasPublished() {
    var unused = streams().apply(plan().build());
    Map<String, String> headers = Map.of("Region", "e\"u; x", "Empty", "");
    byte[] body = {0, 1, (byte) 255};
    Published published =
        publish(new Outgoing(EVENTS, "things.a", Optional.of("id-1"), headers, body));
    assertThat(published).isEqualTo(new Published(1, false));
    publish(new Outgoing(EVENTS, "orders.7.done", Optional.empty(), Map.of(), new byte[0]));

    List<Stored> page = streams().page(EVENTS, Optional.empty(), 0, 10, Content.ALL);
    assertThat(page).hasSize(2);
    Stored first = page.get(0);
    assertThat(first.subject()).isEqualTo("things.a");
    assertThat(first.sequence()).isEqualTo(1);
    assertThat(first.id()).contains("id-1");
    assertThat(first.headers()).isEqualTo(headers);
    assertThat(first.body()).isEqualTo(body);
    assertThat(page.get(1).id()).isEmpty();
    assertThat(page.get(1).headers()).isEmpty();
    assertThat(page.get(1).body()).isEmpty();

    Stored last = streams().lastBySubject(EVENTS, "things.a").orElseThrow();
    assertThat(last.sequence()).isEqualTo(1);
    assertThat(last.time()).isEqualTo(first.time());
    assertThat(last.id()).contains("id-1");
    assertThat(last.headers()).isEqualTo(headers);
    assertThat(last.body()).isEqualTo(body);
    assertThat(streams().lastBySubject(EVENTS, "things.b")).isEmpty();
  }

  @Test
  void anIdIsStoredOnceWithinItsWindow() {
    var unused = streams().apply(plan().duplicateWindow(Duration.ofSeconds(1)).build());
    assertThat(publish("things.a", "id", "one")).isEqualTo(new Published(1, false));
    assertThat(publish("things.a", "other", "two")).isEqualTo(new Published(2, false));
    assertThat(publish("things.b", "id", "one again")).isEqualTo(new Published(1, true));
    elapse(Duration.ofMillis(2_500));
    assertThat(publish("things.a", "id", "three").duplicate()).isFalse();
    assertThat(bodies(Optional.empty(), 0, 10)).containsExactly("one", "two", "three");
  }

  @Test
  void pagesAreInOrderAndFiltered() {
    var unused = streams().apply(plan().build());
    for (int i = 1; i <= 25; i++) {
      publish(i % 5 == 0 ? "orders." + i + ".done" : "things." + i, "id" + i, "m" + i);
    }
    assertThat(bodies(Optional.empty(), 0, 3)).containsExactly("m1", "m2", "m3");
    assertThat(bodies(Optional.empty(), 22, 10)).containsExactly("m23", "m24", "m25");
    assertThat(bodies(Optional.of("orders.*.done"), 5, 10))
        .containsExactly("m10", "m15", "m20", "m25");
    assertThat(bodies(Optional.of("things.>"), 22, 1)).containsExactly("m23");
    assertThat(bodies(Optional.empty(), 25, 10)).isEmpty();
    assertThat(bodies(Optional.empty(), 1_000, 10)).isEmpty();
    assertThat(bodies(Optional.of("things.none"), 0, 10)).isEmpty();
    List<Stored> headers = streams().page(EVENTS, Optional.empty(), 0, 2, Content.HEADERS);
    assertThat(headers).extracting(found -> found.id().orElseThrow()).containsExactly("id1", "id2");
    assertThat(headers).allSatisfy(found -> assertThat(found.body()).isEmpty());
  }

  @Test
  void aMessageIsRemoved() {
    var unused = streams().apply(plan().build());
    publish("things.a", "1", "one");
    publish("things.a", "2", "two");
    assertThat(streams().remove(EVENTS, 1)).isTrue();
    assertThat(streams().remove(EVENTS, 1)).isFalse();
    assertThat(streams().remove(EVENTS, 99)).isFalse();
    assertThat(bodies(Optional.empty(), 0, 10)).containsExactly("two");
    assertThat(streams().find(EVENTS).orElseThrow().firstSequence()).isEqualTo(2);
  }

  @Test
  void aFullStreamDropsTheOldestOrRefuses() {
    var unused = streams().apply(plan().maxMessages(2).build());
    publish("things.a", "1", "one");
    publish("things.a", "2", "two");
    publish("things.a", "3", "three");
    assertThat(bodies(Optional.empty(), 0, 10)).containsExactly("two", "three");
    var unusedToo = streams().apply(plan().maxMessages(2).discard(Discard.NEW).build());
    assertFails(DataError.STORE_FULL, () -> publish("things.a", "4", "four"));
    assertThat(bodies(Optional.empty(), 0, 10)).containsExactly("two", "three");
  }

  @Test
  void messagesEndWithTheirAge() {
    var unused =
        streams()
            .apply(
                plan()
                    .maxAge(Duration.ofSeconds(1))
                    .duplicateWindow(Duration.ofSeconds(1))
                    .build());
    publish("things.a", "1", "one");
    elapse(Duration.ofMillis(2_500));
    publish("things.a", "2", "two");
    assertThat(bodies(Optional.empty(), 0, 10)).containsExactly("two");
  }

  @Test
  void aMessageTooLargeIsRefused() {
    var unused = streams().apply(plan().maxMessageBytes(2_048).maxBytes(8 * 1024 * 1024).build());
    publish("things.a", "1", "x".repeat(1_500));
    assertFails(DataError.VALUE_TOO_LARGE, () -> publish("things.a", "2", "x".repeat(2_500)));
    assertFails(
        DataError.VALUE_TOO_LARGE,
        () -> publish("things.a", "3", "x".repeat(streams().maxPayload() + 1)));
    assertThat(bodies(Optional.empty(), 0, 10)).hasSize(1);
  }

  @Test
  void whatNoStreamTakesIsNotFound() {
    assertFails(DataError.NOT_FOUND, () -> publish("things.a", "1", "one"));
    assertFails(DataError.NOT_FOUND, () -> streams().lastBySubject(EVENTS, "things.a"));
    assertFails(DataError.NOT_FOUND, () -> bodies(Optional.empty(), 0, 1));
    var unused = streams().apply(plan().build());
    assertFails(DataError.NOT_FOUND, () -> publish("others.a", "1", "one"));
    var unusedToo = streams().apply(StreamPlan.builder("OTHERS", "others.>").build());
    assertFails(DataError.NOT_FOUND, () -> publish("others.a", "1", "one"));
    assertThat(streams().find("OTHERS").orElseThrow().messages())
        .as("it was published to another stream")
        .isZero();
  }

  @Test
  void aChangeThatTheServerRefusesIsTyped() {
    var unused = streams().apply(plan().build());
    StreamPlan inMemory = plan().storage(Storage.MEMORY).build();
    assertThat(streams().compare(inMemory).differences())
        .extracting(Difference::setting)
        .containsExactly("storage");
    assertFails(DataError.MISCONFIGURED, () -> streams().apply(inMemory));
    assertThat(streams().compare(plan().build()).isEmpty()).as("nothing was changed").isTrue();
    StreamPlan overlapping = StreamPlan.builder("OTHERS", "things.a").build();
    assertFails(DataError.MISCONFIGURED, () -> streams().apply(overlapping));
    assertThat(streams().find("OTHERS")).isEmpty();
  }

  /** With retention by interest, most events of tasks would be acknowledged and not stored. */
  @Test
  void withInterestRetentionAnUnfilteredMessageIsAcknowledgedAndNotStored() {
    var unused = streams().apply(plan().retention(Retention.INTEREST).build());
    assertThat(publish("things.a", "1", "one").duplicate()).isFalse();
    assertThat(bodies(Optional.empty(), 0, 10)).isEmpty();
  }

  @Test
  void aStreamOfAnotherInstallationIsRefused() {
    var unused = streams().apply(plan().build());
    publish("things.a", "1", "one");
    newInstallation();
    StreamStore theirs = open(config().build()).hot().streams();
    assertThatThrownBy(() -> theirs.apply(plan().build()))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(OtherInstallationException.isCauseOf(e)).isTrue());
    assertFails(DataError.MISCONFIGURED, () -> theirs.find(EVENTS));
    assertFails(
        DataError.MISCONFIGURED, () -> theirs.page(EVENTS, Optional.empty(), 0, 1, Content.ALL));
    assertThat(theirs.publish(message("things.a", "2", "two")))
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withMessageContaining("belongs to installation");
    assertThat(bodies(Optional.empty(), 0, 10)).containsExactly("one");
  }

  @Test
  void aClosedStoreSaysSo() {
    var unused = streams().apply(plan().build());
    StreamStore closed = open(config().build()).hot().streams();
    closeLast();
    assertFails(DataError.CLOSED, () -> closed.find(EVENTS));
    assertThat(closed.publish(message("things.a", "1", "one"))).isCompletedExceptionally();
  }
}
