package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.message.Channel.Kind;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of messages: appended, delivered, acknowledged, found. */
public abstract class MessageContract extends MessageTests {

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.AGENT_TASK, "try messages");

  /** For implementations. */
  protected MessageContract() {}

  /** What the messages of a test carry. */
  public record Order(String item, double price, List<Integer> counts) {}

  @Test
  void aMessageIsReadBackAsItWasAppended() {
    AgentId to = register();
    UUID correlation = UUID.randomUUID();
    Order order = new Order("\u65e5 '; DROP TABLE messages.log; --", 1.5, List.of(1, 2));
    Draft draft =
        Draft.of(Message.Type.QUERY, order)
            .from(agent())
            .to(to)
            .subject("order.new")
            .header("region", "e\"u")
            .header("empty", "")
            .correlation(correlation)
            .replyTo("order.done")
            .priority(7)
            .expiresAfter(LEASE)
            .build();
    Message.Id id = messages().append(draft);

    Message found = messages().find(id).orElseThrow();
    assertThat(found.id()).isEqualTo(id);
    assertThat(found.envelope()).isEqualTo(draft.envelope());
    assertThat(messages().payload(found, Order.class)).isEqualTo(order);
    assertThat(found.marks()).isEqualTo(Marks.none());
    assertThat(Duration.between(id.sentAt(), found.expiresAt().orElseThrow()))
        .isBetween(LEASE.minusMillis(1), LEASE.plusMillis(1));
    assertThat(messages().find(Message.Id.at(id.sentAt()))).isEmpty();
    assertFails(DataError.SERIALIZATION_ERROR, () -> messages().payload(found, Integer.class));
  }

  @Test
  void aMessageIsDeliveredUntilItIsAcknowledged() {
    Message.Id id = messages().append(command("go").to(agent()).build());

    Delivery first = only(messages().receive(agent(), 10, SHORT));
    assertThat(first.attempt()).isEqualTo(1);
    assertThat(first.message().id()).isEqualTo(id);
    assertThat(first.agent()).isEqualTo(agent());
    assertThat(receive(agent())).as("it is leased").isEmpty();
    elapse(SHORT.plusMillis(50));
    Delivery second = only(receive(agent()));
    assertThat(second.attempt()).isEqualTo(2);
    assertThat(messages().acknowledge(first)).as("a delivery that was overtaken").isFalse();
    assertThat(messages().acknowledge(second)).isTrue();
    assertThat(messages().acknowledge(second)).as("again").isFalse();
    assertThat(receive(agent())).isEmpty();

    Marks marks = messages().find(id).orElseThrow().marks();
    assertThat(marks.attempts()).isEqualTo(2);
    assertThat(marks.deliveredAt()).isPresent();
    assertThat(marks.processedAt().orElseThrow()).isAfter(marks.deliveredAt().orElseThrow());
    assertThat(second.message().marks().deliveredAt()).isEqualTo(marks.deliveredAt());
  }

  @Test
  void aLeaseThatEndedMayStillBeAcknowledged() {
    messages().append(command("go").to(agent()).build());
    Delivery late = only(messages().receive(agent(), 10, SHORT));
    elapse(SHORT.plusMillis(50));
    assertThat(messages().acknowledge(late)).isTrue();
    assertThat(receive(agent())).isEmpty();
  }

  @Test
  void theHighestPriorityIsDeliveredFirstAndThenTheOldest() {
    List<Draft> drafts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      drafts.add(command("low" + i).to(agent()).build());
    }
    drafts.add(command("high").to(agent()).priority(10).build());
    drafts.add(command("middle").to(agent()).priority(5).build());
    List<Message.Id> ids = messages().appendAll(drafts);
    messages().append(command("last").to(agent()).build());
    messages().append(command("middle too").to(agent()).priority(5).build());

    assertThat(ids).hasSize(10).doesNotHaveDuplicates();
    assertThat(texts(messages().receive(agent(), 4, LEASE)))
        .containsExactly("high", "middle", "middle too", "low0");
    assertThat(texts(agent()))
        .containsExactly("low1", "low2", "low3", "low4", "low5", "low6", "low7", "last");
  }

  @Test
  void nothingIsDeliveredAfterItExpired() {
    Message.Id lost =
        messages().append(command("soon").to(agent()).expiresAfter(SHORT).priority(9).build());
    messages().append(command("late").to(agent()).expiresAfter(LEASE).build());
    assertThat(messages().receive(agent(), 1, Duration.ofMillis(1))).hasSize(1);
    elapse(SHORT.plusMillis(50));
    assertThat(texts(agent())).containsExactly("late");

    stores().sql().messages().sweepDeliveries(100);
    assertThat(messages().receipts(lost)).isEmpty();
    assertThat(messages().find(lost)).as("the log keeps it").isPresent();
    assertThat(receive(agent())).isEmpty();
  }

  @Test
  void aBatchIsAppendedAsAWholeOrNotAtAll() {
    Draft good = command("good").to(agent()).build();
    Draft bad = command("bad").to(AgentId.random()).build();
    assertFails(
        DataError.CONSTRAINT_VIOLATION, () -> messages().appendAll(List.of(good, bad, good)));
    assertFails(
        DataError.NOT_FOUND,
        () -> messages().appendAll(List.of(good, note("lost").channel("none").build())));
    assertFails(
        DataError.SERIALIZATION_ERROR,
        () ->
            messages()
                .appendAll(
                    List.of(good, Draft.of(Message.Type.COMMAND, "a\0b").to(agent()).build())));
    assertThat(receive(agent())).isEmpty();
    assertThat(messages().find(MessageQuery.to(agent()))).isEmpty();
    assertThat(messages().appendAll(List.of())).isEmpty();
    assertThat(messages().acknowledgeAll(List.of())).isZero();
  }

  @Test
  void aMessageWithAnIdIsAppendedOnce() {
    Message.Id id = Message.Id.at(Instant.parse("2026-02-03T04:05:06.123456789Z"));
    Draft draft = command("once").to(agent()).id(id).build();
    assertThat(messages().append(draft)).isEqualTo(id);
    assertThat(messages().append(draft)).isEqualTo(id);
    Draft other = command("other").to(agent()).build();
    List<Message.Id> ids = messages().appendAll(List.of(draft, other, draft));
    assertThat(ids).hasSize(3).startsWith(id).endsWith(id);
    assertThat(messages().find(ids.get(1))).isPresent();
    assertThat(texts(agent())).containsExactly("once", "other");
  }

  @Test
  void whatTheLogCannotKeepIsRefused() {
    AgentId external = AgentId.external("somebody");
    assertFails(DataError.INVALID_KEY, () -> command("x").to(external).build());
    assertFails(DataError.INVALID_KEY, () -> messages().receive(external, 1, LEASE));
    assertThatThrownBy(() -> command("x").to(agent()).priority(11).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("priority");
    assertThatThrownBy(() -> command("x").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("COMMAND");
    assertThatThrownBy(() -> messages().receive(agent(), 0, LEASE))
        .isInstanceOf(IllegalArgumentException.class);
    messages().append(Draft.of(Message.Type.HEARTBEAT, "alive").from(agent()).build());
    assertThat(messages().find(MessageQuery.from(agent()))).hasSize(1);
  }

  @Test
  void aReplyIsFoundByItsRequest() {
    AgentId planner = register();
    messages()
        .append(
            Draft.of(Message.Type.QUERY, "when?").from(agent()).to(planner).replyTo("a").build());
    Delivery asked = only(receive(planner));
    assertThat(messages().reply(asked.message())).isEmpty();
    messages().append(Draft.reply(asked.message(), Message.Type.RESPONSE, "now").build());

    Message reply = messages().reply(asked.message()).orElseThrow();
    assertThat(messages().payload(reply, String.class)).isEqualTo("now");
    assertThat(reply.from()).contains(planner);
    assertThat(reply.subject()).contains("a");
    assertThat(texts(agent())).containsExactly("now");

    UUID conversation = UUID.randomUUID();
    List<Message.Id> ids =
        messages()
            .appendAll(
                IntStream.range(0, 3)
                    .mapToObj(i -> command("c" + i).to(planner).correlation(conversation).build())
                    .toList());
    assertThat(messages().find(MessageQuery.correlated(conversation)))
        .extracting(Message::id)
        .containsExactlyElementsOf(ids);
  }

  @Test
  void pagesHaveEachMessageOnce() {
    AgentId other = register();
    List<Message.Id> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      elapse(Duration.ofMillis(1));
      ids.addAll(
          messages()
              .appendAll(
                  List.of(
                      command("a" + i).from(agent()).to(other).build(),
                      note("b" + i).from(other).to(agent()).build())));
    }
    List<Message.Id> sent = IntStream.range(0, 5).mapToObj(i -> ids.get(2 * i)).toList();
    assertThat(all(MessageQuery.from(agent()).withLimit(2).inOrder())).isEqualTo(sent);
    assertThat(all(MessageQuery.to(other).withLimit(2))).isEqualTo(reversed(sent));
    assertThat(all(MessageQuery.ofType(Message.Type.COMMAND).withLimit(4)))
        .isEqualTo(reversed(sent));
    assertThat(all(MessageQuery.from(agent()).withTypes(Message.Type.COMMAND, Message.Type.ERROR)))
        .isEqualTo(reversed(sent));
    assertThat(messages().find(MessageQuery.from(agent()).withTypes(Message.Type.NOTIFICATION)))
        .isEmpty();
    Instant middle = sent.get(2).sentAt();
    assertThat(all(MessageQuery.from(agent()).since(middle).inOrder()))
        .isEqualTo(sent.subList(2, 5));
    assertThat(all(MessageQuery.from(agent()).until(middle).inOrder()))
        .isEqualTo(sent.subList(0, 2));

    Delivery first = messages().receive(other, 1, LEASE).get(0);
    assertThat(all(MessageQuery.notDelivered().withTo(other).withLimit(2)))
        .isEqualTo(sent.subList(1, 5));
    assertThat(first.message().id()).isEqualTo(sent.get(0));
  }

  private List<Message.Id> all(MessageQuery query) {
    List<Message.Id> all = new ArrayList<>();
    List<Message> page = messages().find(query);
    while (!page.isEmpty()) {
      page.forEach(message -> all.add(message.id()));
      assertThat(page).hasSizeLessThanOrEqualTo(query.limit());
      page = messages().find(query.after(page.get(page.size() - 1).id()));
    }
    return all;
  }

  private static List<Message.Id> reversed(List<Message.Id> ids) {
    List<Message.Id> reversed = new ArrayList<>(ids);
    Collections.reverse(reversed);
    return reversed;
  }

  @Test
  void messagesJoinATransaction() {
    messages().append(command("work").to(agent()).build());
    AgentId next = register();
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .run(
                        OPTIONS,
                        tx -> {
                          Delivery work = only(tx.messages().receive(agent(), 1, LEASE));
                          assertThat(tx.messages().acknowledge(work)).isTrue();
                          tx.messages().append(command("forward").to(next).build());
                          assertThat(receive(next)).as("not committed").isEmpty();
                          assertThat(receive(agent())).as("held by the transaction").isEmpty();
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(receive(next)).isEmpty();

    persistence()
        .transactions()
        .run(
            OPTIONS,
            tx -> {
              Delivery work = only(tx.messages().receive(agent(), 1, LEASE));
              assertThat(work.attempt()).as("the attempt was rolled back").isEqualTo(1);
              assertThat(tx.messages().acknowledge(work)).isTrue();
              return tx.messages().append(command("forward").to(next).build());
            });
    assertThat(receive(agent())).isEmpty();
    assertThat(texts(next)).containsExactly("forward");
  }

  @Test
  void aTransactionThatWorksOnABroadcastHoldsUpNoAcknowledgement() {
    channel("news", Kind.BROADCAST);
    AgentId slow = subscriber("news");
    AgentId other = subscriber("news");
    Message.Id id = messages().append(note("to all").channel("news").build());
    boolean acknowledged =
        persistence()
            .transactions()
            .run(
                OPTIONS,
                tx -> {
                  Delivery work = only(tx.messages().receive(slow, 1, LEASE));
                  boolean own = tx.messages().acknowledge(work);
                  assertThat(texts(other)).containsExactly("to all");
                  assertThat(messages().find(id).orElseThrow().marks().processedAt()).isEmpty();
                  return own;
                });
    assertThat(acknowledged).isTrue();
    assertThat(messages().find(id).orElseThrow().marks().processedAt()).isPresent();
    assertThat(messages().find(id).orElseThrow().marks().attempts()).isEqualTo(1);
  }

  @Test
  void aTransactionHoldsNoMessageThatItDidNotReceive() {
    channel("jobs", Kind.QUEUE);
    AgentId one = subscriber("jobs");
    AgentId other = subscriber("jobs");
    messages().append(command("own").to(one).priority(9).build());
    messages().append(command("job").channel("jobs").build());
    List<Delivery> received =
        persistence()
            .transactions()
            .run(
                OPTIONS,
                tx -> {
                  List<Delivery> best = tx.messages().receive(one, 1, LEASE);
                  assertThat(texts(other)).containsExactly("job");
                  return best;
                });
    assertThat(texts(received)).containsExactly("own");
    assertThat(only(received).attempt()).isEqualTo(1);
    assertThat(messages().acknowledge(only(received))).isTrue();
  }

  @Test
  void oldMessagesArePruned() {
    Message.Id old =
        messages()
            .append(command("old").to(agent()).id(Message.Id.at(now().minusSeconds(3600))).build());
    Message.Id recent = messages().append(command("new").to(agent()).build());
    assertThat(messages().prune(Duration.ofMinutes(30))).isEqualTo(1);
    assertThat(messages().find(old)).isEmpty();
    assertThat(messages().receipts(old)).isEmpty();
    assertThat(messages().prune(Duration.ofDays(200_000))).isZero();
    assertThat(messages().find(recent)).isPresent();
    assertThat(texts(agent())).containsExactly("new");
  }

  @Test
  void aMessageIsNotPrunedWhileATransactionHoldsItsDelivery() {
    Message.Id old =
        messages()
            .append(command("old").to(agent()).id(Message.Id.at(now().minusSeconds(3600))).build());
    messages()
        .append(command("free").to(agent()).id(Message.Id.at(now().minusSeconds(3500))).build());
    persistence()
        .transactions()
        .run(
            OPTIONS,
            tx -> {
              Delivery work = only(tx.messages().receive(agent(), 1, LEASE));
              assertThat(work.message().id()).isEqualTo(old);
              assertThat(messages().prune(Duration.ofMinutes(30))).isEqualTo(1);
              return tx.messages().acknowledge(work);
            });
    assertThat(messages().find(old).orElseThrow().marks().processedAt()).isPresent();
    assertThat(messages().prune(Duration.ofMinutes(30))).isEqualTo(1);
    assertThat(messages().receipts(old)).isEmpty();
  }

  private Instant now() {
    return config().build().clock().instant();
  }

  private static Delivery only(List<Delivery> deliveries) {
    assertThat(deliveries).hasSize(1);
    return deliveries.get(0);
  }
}
