package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.StateType.Token;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.springframework.ai.chat.messages.Message;

/** All conversations of one memory. Thread-safe. */
final class Conversations implements AutoCloseable {

  private static final StateType<Map<String, Object>> TURNS =
      StateType.of("spring-ai-chat", new Token<Map<String, Object>>() {});

  private static final Duration DEADLINE = Duration.ofSeconds(5);

  private final Persistence persistence;
  private final String name;
  private final Limits limits;
  private final WatchedEntries<String> names;
  private final LatestNames named = new LatestNames();
  private final KnownViews views;

  /** With limits no view is kept: entries end without a trace in later ones. */
  Conversations(Persistence persistence, String name, Limits limits, KnownViews views) {
    this.persistence = persistence;
    this.name = name;
    this.limits = limits;
    this.views = limits.equals(Limits.NONE) ? views : new KnownViews(0, Duration.ZERO);
    this.names =
        new WatchedEntries<>(
            persistence.states(StateType.of("spring-ai-conversations", String.class)),
            AgentId.external("spring-ai:" + name));
  }

  private ChatLog log(String conversation) {
    return new ChatLog(persistence.log(AgentId.external(conversation), name, TURNS));
  }

  List<String> list() {
    return names.list();
  }

  View read(String conversation) {
    return views.latest(conversation).orElseGet(() -> readNow(conversation));
  }

  private View readNow(String conversation) {
    long since = System.nanoTime();
    View view = log(conversation).refresh(views.get(conversation));
    views.note(conversation, view, since);
    return view;
  }

  /**
   * Replaces whatever is there. What is not in memory is taken for new until it proves not to be.
   */
  void save(String conversation, List<Message> wanted) {
    save(conversation, log(conversation), views.get(conversation), wanted, false);
  }

  /** Makes the changes that lead from the view to what is wanted. */
  void saveAfter(View view, String conversation, List<Message> wanted) {
    save(conversation, log(conversation), view, wanted, true);
  }

  private void save(
      String conversation, ChatLog log, View first, List<Message> messages, boolean merge) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    View view = first;
    List<Message> wanted = messages;
    while (true) {
      Change change = Change.of(view, wanted);
      if (change.turn().isEmpty()) {
        View now = merge ? view : log.refresh(view); // what is in memory may be old
        if (now.version() == view.version()) {
          return;
        }
        view = now;
        continue;
      }
      try {
        append(conversation, log, view, change.turn().get());
        return;
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT || System.nanoTime() - end > 0) {
          throw e;
        }
        View now = log.later(view);
        wanted = merge ? Change.rebased(view, now, wanted, change.known()) : wanted;
        view = now;
      }
    }
  }

  /**
   * Adds the name beside the first messages, and with this process's first save: so one that died
   * between the two leaves no conversation unnamed that is saved again.
   */
  private void append(String conversation, ChatLog log, View view, Turn turn) {
    boolean isNamed = !view.isEmpty() && named.isKnown(conversation);
    CompletableFuture<Void> naming =
        isNamed
            ? CompletableFuture.completedFuture(null)
            : names.putAsync(conversation, conversation);
    long since = System.nanoTime();
    View now = log.append(view, turn);
    await(naming);
    named.add(conversation);
    if (view.version() == 0 && !limits.equals(Limits.NONE)) {
      log.keep(limits);
    }
    views.note(conversation, now, since);
  }

  private static void await(CompletableFuture<Void> naming) {
    try {
      Void unused = naming.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof PersistenceException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /**
   * Ends the messages first: a writer that saw them is refused then, looks again, and adds the name
   * with a new revision, which is not removed.
   */
  void delete(String conversation) {
    Optional<Versioned<String>> listed = names.find(conversation);
    ChatLog log = log(conversation);
    if (!readNow(conversation).isEmpty()) {
      log.clear();
      views.forget(conversation);
    }
    named.remove(conversation);
    listed.ifPresent(name -> names.remove(conversation, name.revision()));
  }

  @Override
  public void close() {
    names.close();
  }
}
