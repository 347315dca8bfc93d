package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Channel.Kind;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of channels: who receives the messages of each kind. */
public abstract class MessageChannelContract extends MessageTests {

  /** For implementations. */
  protected MessageChannelContract() {}

  private AgentId subscriber(String channel, String pattern) {
    AgentId subscriber = register();
    messages().subscribe(Subscription.of(subscriber, channel).withPattern(pattern));
    return subscriber;
  }

  private AgentId registerAs(String type) {
    return persistence().agents().save(Agent.of(type, "one")).value().id();
  }

  @Test
  void aDirectChannelDeliversToTheNamedAgentAlone() {
    channel("talk", Kind.DIRECT);
    AgentId other = subscriber("talk");
    messages().append(note("to you").to(agent()).channel("talk").build());
    assertThat(texts(other)).isEmpty();
    assertThat(texts(agent())).containsExactly("to you");
    assertRefused(note("to whom").channel("talk"));
  }

  @Test
  void aBroadcastDeliversToAllSubscribersOrToAllOfAType() {
    channel("news", Kind.BROADCAST);
    AgentId one = subscriber("news");
    AgentId two = subscriber("news");
    AgentId scout = registerAs("scout");
    AgentId otherScout = registerAs("scout");
    Message.Id toAll = messages().append(note("to all").channel("news").build());
    messages().append(note("to scouts").channel("news").toType("scout").build());
    messages().append(note("to scouts, too").toType("scout").build());

    assertThat(texts(one)).containsExactly("to all");
    assertThat(messages().find(toAll).orElseThrow().marks().processedAt())
        .as("two has not acknowledged it")
        .isEmpty();
    assertThat(texts(two)).containsExactly("to all");
    assertThat(texts(scout)).containsExactly("to scouts", "to scouts, too");
    assertThat(texts(otherScout)).hasSize(2);
    assertThat(texts(agent())).isEmpty();
    Marks marks = messages().find(toAll).orElseThrow().marks();
    assertThat(marks.processedAt()).isPresent();
    assertThat(marks.attempts()).isEqualTo(1);
    assertThat(messages().receipts(toAll))
        .extracting(receipt -> receipt.agent().orElseThrow())
        .containsExactlyInAnyOrder(one, two);
    assertThat(messages().receipts(toAll)).allMatch(receipt -> receipt.processedAt().isPresent());
    assertRefused(note("to one").channel("news").to(one));
  }

  @Test
  void aTransactionThatReceivedABroadcastHoldsUpNoOtherRecipient() {
    channel("news", Kind.BROADCAST);
    AgentId slow = subscriber("news");
    AgentId other = subscriber("news");
    Message.Id id = messages().append(note("to all").channel("news").build());
    List<Delivery> meanwhile = new ArrayList<>();
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .run(
                        TransactionOptions.of(Boundary.AGENT_TASK, "try messages"),
                        tx -> {
                          assertThat(tx.messages().receive(slow, 1, LEASE)).hasSize(1);
                          meanwhile.addAll(receive(other));
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(texts(meanwhile)).containsExactly("to all");
    assertThat(messages().acknowledgeAll(meanwhile)).isEqualTo(1);
    Marks marks = messages().find(id).orElseThrow().marks();
    assertThat(marks.deliveredAt()).isEqualTo(meanwhile.get(0).message().marks().deliveredAt());
    assertThat(marks.attempts()).isEqualTo(1);
  }

  @Test
  void aMessageIsProcessedWhenNobodyIsLeftToWaitFor() {
    channel("news", Kind.BROADCAST);
    AgentId one = subscriber("news");
    AgentId leaves = subscriber("news");
    Message.Id toLeaving = messages().append(note("left").channel("news").build());
    assertThat(texts(one)).containsExactly("left");
    persistence().agents().delete(leaves);
    assertProcessed(toLeaving);

    AgentId late = subscriber("news");
    Message.Id expiring =
        messages().append(note("expired").channel("news").expiresAfter(SHORT).build());
    assertThat(texts(one)).containsExactly("expired");
    elapse(SHORT.plusMillis(50));
    stores().sql().messages().sweepDeliveries(100);
    assertThat(receive(late)).isEmpty();
    assertProcessed(expiring);
  }

  private void assertProcessed(Message.Id id) {
    assertThat(messages().receipts(id)).hasSize(1);
    assertThat(messages().find(id).orElseThrow().marks().processedAt())
        .isPresent()
        .isEqualTo(messages().receipts(id).get(0).processedAt());
  }

  @Test
  void anAppendIsRepeatedAlsoWhenItsChannelIsGone() {
    channel("jobs", Kind.QUEUE);
    Message.Id id = Message.Id.at(config().build().clock().instant());
    Draft draft = note("once").channel("jobs").id(id).build();
    assertThat(messages().append(draft)).isEqualTo(id);
    messages().save(Channel.of("jobs", Kind.QUEUE).withActive(false));
    assertThat(messages().append(draft)).isEqualTo(id);
    assertThat(messages().deleteChannel("jobs")).isTrue();
    Draft more = note("more").to(agent()).build();
    assertThat(messages().appendAll(List.of(draft, more, draft))).startsWith(id).endsWith(id);
    assertThat(texts(agent())).containsExactly("more");
    Draft other = note("x").channel("jobs").id(Message.Id.at(id.sentAt())).build();
    assertFails(DataError.NOT_FOUND, () -> messages().append(other));
  }

  @Test
  void aTopicDeliversBySubject() {
    channel("trips", Kind.TOPIC);
    AgentId anyTrip = subscriber("trips", "trip.*");
    AgentId belowTrip = subscriber("trips", "trip.>");
    AgentId anyBooked = subscriber("trips", "*.booked");
    AgentId tripBooked = subscriber("trips", "trip.booked");
    AgentId anySubject = subscriber("trips", ">");
    AgentId anyTripPaid = subscriber("trips", "trip.*.paid");
    AgentId everything = subscriber("trips");
    List<String> subjects =
        List.of("trip", "trip.booked", "trip.x.paid", "TRIP.booked", "trip.", "a%b", "trip.[x]");
    subjects.forEach(
        subject -> messages().append(note(subject).channel("trips").subject(subject).build()));

    assertThat(texts(anyTrip)).containsExactly("trip.booked", "trip.", "trip.[x]");
    assertThat(texts(belowTrip)).containsExactly("trip.booked", "trip.x.paid", "trip.", "trip.[x]");
    assertThat(texts(anyBooked)).containsExactly("trip.booked", "TRIP.booked");
    assertThat(texts(tripBooked)).containsExactly("trip.booked");
    assertThat(texts(anyTripPaid)).containsExactly("trip.x.paid");
    assertThat(texts(anySubject)).isEqualTo(subjects);
    assertThat(texts(everything)).isEqualTo(subjects);
    assertRefused(note("no subject").channel("trips"));
    assertThatThrownBy(() -> Subscription.of(everything, "trips").withPattern("a..b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Subscription.of(everything, "trips").withPattern(">.b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void filtersSelectByHeaders() {
    channel("trips", Kind.TOPIC);
    AgentId european = register();
    Subscription filtered =
        Subscription.of(european, "trips").withFilters(Map.of("region", "eu", "paid", "yes"));
    messages().subscribe(filtered);
    messages().subscribe(filtered.withPattern("trip.*"));
    Message.Id matching =
        messages()
            .append(
                note("match")
                    .channel("trips")
                    .subject("trip.a")
                    .header("region", "eu")
                    .header("paid", "yes")
                    .header("more", "x")
                    .build());
    messages()
        .append(note("half").channel("trips").subject("trip.a").header("region", "eu").build());
    messages()
        .append(
            note("other")
                .channel("trips")
                .subject("trip.a")
                .header("region", "us")
                .header("paid", "yes")
                .build());
    assertThat(texts(european)).as("once, by two subscriptions").containsExactly("match");
    assertThat(messages().receipts(matching)).hasSize(1);
  }

  @Test
  void aQueueDeliversToOneOfTheSubscribers() {
    channel("jobs", Kind.QUEUE);
    messages().append(note("before anybody listens").channel("jobs").build());
    AgentId one = subscriber("jobs");
    AgentId two = subscriber("jobs");
    Message.Id second = messages().append(note("second").channel("jobs").build());
    messages().append(note("urgent").channel("jobs").priority(9).build());
    messages().append(note("mine").to(one).priority(5).build());

    Delivery crashed = messages().receive(one, 1, SHORT).get(0);
    assertThat(texts(List.of(crashed))).containsExactly("urgent");
    assertThat(texts(two)).containsExactly("before anybody listens", "second");
    assertThat(texts(one)).containsExactly("mine");
    elapse(SHORT.plusMillis(50));
    assertThat(texts(agent())).as("no subscriber").isEmpty();
    Delivery again = receive(two).get(0);
    assertThat(texts(List.of(again))).containsExactly("urgent");
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(messages().acknowledge(crashed)).isFalse();
    assertThat(messages().acknowledge(again)).isTrue();
    assertThat(messages().receipts(second))
        .extracting(Receipt::agent)
        .containsExactly(Optional.of(two));
    assertThat(messages().find(second).orElseThrow().marks().processedAt()).isPresent();
    assertRefused(note("to one").channel("jobs").to(one));
  }

  @Test
  void aQueueAsksForPatternsAndFilters() {
    channel("jobs", Kind.QUEUE);
    AgentId painter = register();
    AgentId builder = register();
    messages().subscribe(Subscription.of(painter, "jobs").withPattern("paint.>"));
    messages().subscribe(Subscription.of(builder, "jobs").withFilters(Map.of("tool", "hammer")));
    messages().append(note("wall").channel("jobs").subject("paint.wall").build());
    messages().append(note("nail").channel("jobs").header("tool", "hammer").build());
    messages().append(note("nobody's").channel("jobs").subject("cook").build());
    assertThat(texts(builder)).containsExactly("nail");
    assertThat(texts(painter)).containsExactly("wall");
    messages().subscribe(Subscription.of(painter, "jobs"));
    assertThat(texts(painter)).containsExactly("nobody's");
  }

  @Test
  void manyReceiversShareAQueueWithoutTakingTwice() throws Exception {
    channel("jobs", Kind.QUEUE);
    List<AgentId> workers = List.of(subscriber("jobs"), subscriber("jobs"), subscriber("jobs"));
    int count = 60;
    for (int i = 0; i < count; i++) {
      messages().append(note("job" + i).channel("jobs").build());
    }
    List<Callable<List<String>>> calls = new ArrayList<>();
    for (AgentId worker : workers) {
      calls.add(
          () -> {
            List<String> done = new ArrayList<>();
            List<Delivery> some = messages().receive(worker, 7, LEASE);
            while (!some.isEmpty()) {
              done.addAll(texts(some));
              assertThat(messages().acknowledgeAll(some)).isEqualTo(some.size());
              some = messages().receive(worker, 7, LEASE);
            }
            return done;
          });
    }
    ExecutorService pool = Executors.newFixedThreadPool(workers.size());
    try {
      List<String> done = new ArrayList<>();
      for (Future<List<String>> call : pool.invokeAll(calls, 30, TimeUnit.SECONDS)) {
        done.addAll(call.get());
      }
      workers.forEach(worker -> done.addAll(texts(worker)));
      assertThat(done).hasSize(count).doesNotHaveDuplicates();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aChannelThatIsNotActiveTakesNothing() {
    channel("jobs", Kind.QUEUE);
    AgentId worker = subscriber("jobs");
    messages().append(note("waits").channel("jobs").build());
    messages().save(Channel.of("jobs", Kind.QUEUE).withActive(false));
    assertRefused(note("too late").channel("jobs"));
    assertThat(receive(worker)).isEmpty();
    messages().save(Channel.of("jobs", Kind.QUEUE));
    messages().subscribe(Subscription.of(worker, "jobs").withActive(false));
    assertThat(receive(worker)).isEmpty();
    messages().subscribe(Subscription.of(worker, "jobs"));
    assertThat(texts(worker)).containsExactly("waits");
  }

  @Test
  void channelsAndSubscriptionsAreKept() {
    Channel news =
        new Channel("news", Kind.BROADCAST, Optional.of("what is new"), Map.of("n", 3), true);
    messages().save(news);
    channel("Jobs", Kind.QUEUE);
    assertThat(messages().channel("news")).contains(news);
    assertThat(messages().channel("none")).isEmpty();
    assertThat(messages().channels()).extracting(Channel::name).containsExactly("Jobs", "news");
    assertFails(DataError.DUPLICATE_KEY, () -> channel("news", Kind.TOPIC));

    Subscription all = Subscription.of(agent(), "news");
    Subscription some = all.withPattern("a.*").withFilters(Map.of("k", "v"));
    messages().subscribe(all);
    messages().subscribe(some);
    messages().subscribe(all.withFilters(Map.of("x", "y")));
    assertThat(messages().subscriptions("news"))
        .containsExactly(all.withFilters(Map.of("x", "y")), some);
    assertThat(messages().unsubscribe(all)).isTrue();
    assertThat(messages().unsubscribe(all)).isFalse();
    assertThat(messages().subscriptions("news")).containsExactly(some);
    assertFails(DataError.NOT_FOUND, () -> messages().subscribe(Subscription.of(agent(), "none")));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> messages().subscribe(Subscription.of(AgentId.random(), "news")));
  }

  @Test
  void aConfigurationIsReadBackAsJson() {
    Map<String, Object> given =
        Map.of("limit", 5L, "kinds", Set.of("a"), "since", Instant.EPOCH, "deep", Map.of("n", 1.5));
    messages().save(new Channel("news", Kind.BROADCAST, Optional.empty(), given, true));
    assertThat(messages().channel("news").orElseThrow().configuration())
        .isEqualTo(
            Map.of(
                "limit",
                5,
                "kinds",
                List.of("a"),
                "since",
                "1970-01-01T00:00:00Z",
                "deep",
                Map.of("n", 1.5)));
    Map<String, Object> bad = Map.of("text", "a\0b");
    assertFails(
        DataError.SERIALIZATION_ERROR,
        () -> messages().save(new Channel("bad", Kind.TOPIC, Optional.empty(), bad, true)));
  }

  @Test
  void aMessageOutlivesItsChannelButWaitsNoLonger() {
    channel("jobs", Kind.QUEUE);
    AgentId worker = subscriber("jobs");
    Message.Id id = messages().append(note("lost").channel("jobs").build());
    assertThat(messages().find(MessageQuery.ofChannel("jobs")))
        .extracting(Message::id)
        .containsExactly(id);
    assertThat(messages().deleteChannel("jobs")).isTrue();
    assertThat(messages().deleteChannel("jobs")).isFalse();
    assertThat(messages().find(id).orElseThrow().envelope().channel()).isEmpty();
    assertThat(messages().find(MessageQuery.ofChannel("jobs"))).isEmpty();
    assertThat(messages().subscriptions("jobs")).isEmpty();
    assertThat(receive(worker)).isEmpty();
  }

  private void assertRefused(Draft.Builder draft) {
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> messages().append(draft.build()));
  }

  @Test
  void aMessageOutlivesItsAgents() {
    AgentId from = register();
    AgentId to = register();
    Message.Id id = messages().append(command("hello").from(from).to(to).build());
    persistence().agents().delete(from);
    persistence().agents().delete(to);
    Message left = messages().find(id).orElseThrow();
    assertThat(left.from()).isEmpty();
    assertThat(left.envelope().to()).isEqualTo(Optional.empty());
    assertThat(left.envelope().headers()).isEqualTo(Map.of());
    assertThat(messages().receipts(id)).isEmpty();
    assertThat(messages().receive(to, 1, LEASE)).isEmpty();
  }
}
