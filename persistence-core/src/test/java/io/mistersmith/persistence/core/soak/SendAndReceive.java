package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Sends a message to the actor's own agent, receives what there is, and acknowledges most of it:
 * what was appended is in the log, and what was acknowledged is not delivered again.
 */
final class SendAndReceive implements Operation {

  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final int REMEMBERED = 200;

  private final Set<Message.Id> sent = new LinkedHashSet<>();
  private final Set<Message.Id> processed = new HashSet<>();
  private final ArrayDeque<Message.Id> inOrder = new ArrayDeque<>();

  @Override
  public void run(Actor actor) {
    MessageLog messages = actor.persistence().messages();
    Message.Id id = Message.Id.at(Instant.now());
    Draft draft =
        Draft.of(Message.Type.COMMAND, actor.newWrite())
            .to(actor.owner())
            .id(id)
            .priority(actor.random().nextInt(Message.MAX_PRIORITY + 1))
            .build();
    try {
      messages.append(draft);
      sent.add(id);
    } catch (PersistenceException e) {
      PersistenceException unused = actor.tolerated(e);
      actor.pause();
    }
    actor.tolerate(() -> receive(actor, messages));
  }

  private void receive(Actor actor, MessageLog messages) {
    for (Delivery delivery : messages.receive(actor.owner(), 20, LEASE)) {
      Message.Id id = delivery.message().id();
      if (processed.contains(id)) {
        actor
            .ledgerWriter()
            .seen(new Fault(Kind.RESURRECTED, "message delivered after it was acknowledged " + id));
      }
      if (actor.random().nextInt(4) > 0 && messages.acknowledge(delivery)) {
        sent.remove(id);
        remember(id);
      }
    }
    sent.stream()
        .findFirst()
        .filter(id -> messages.find(id).isEmpty())
        .ifPresent(
            id ->
                actor
                    .ledgerWriter()
                    .seen(new Fault(Kind.LOST, "message appended, not found " + id)));
  }

  private void remember(Message.Id id) {
    processed.add(id);
    inOrder.add(id);
    if (inOrder.size() > REMEMBERED) {
      processed.remove(inOrder.remove());
    }
  }
}
