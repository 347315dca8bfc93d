package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.langchain4j.StoredMessage.Effect;
import io.mistersmith.persistence.langchain4j.StoredMessage.Range;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A conversation in a log. A message more is an entry more; any other change is an entry that names
 * those which the conversation then consists of, so that readers see it as a whole. Thread-safe.
 */
final class Conversation {

  private static final int PAGE = 256;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** More messages than this are appended together, without the versions of their calls. */
  private static final int BULK = 16;

  /** How many entries that no message needs any more a log keeps before they are removed. */
  private static final int SLACK = 64;

  private final Log<StoredMessage> log;
  private final Limits limits;
  private final int most;
  private volatile ConversationState known = ConversationState.EMPTY;
  private volatile boolean limited;

  /**
   * Creates the conversation of a log.
   *
   * @param most how many of the last messages are read
   */
  Conversation(Log<StoredMessage> log, Limits limits, int most) {
    this.log = log;
    this.limits = limits;
    this.most = most;
  }

  /** Returns the conversation as the log has it. Reads what was appended since the last call. */
  ConversationState read() {
    ConversationState before = known;
    ConversationState now =
        stillBegins(before)
            ? before.after(log.read(before.version() + 1, Integer.MAX_VALUE), most)
            : load();
    if (now.turns().isEmpty()) {
      limited = false; // deleted, perhaps, and its limits with it
    }
    known = now;
    return now;
  }

  /** An entry leaves the log only after those before it. */
  private boolean stillBegins(ConversationState state) {
    return !state.turns().isEmpty()
        && log.read(state.first(), 1).stream().anyMatch(e -> e.version() == state.first());
  }

  private ConversationState load() {
    List<Entry<StoredMessage>> entries = new ArrayList<>(log.tail(PAGE));
    if (entries.isEmpty()) {
      return ConversationState.emptyAt(log.version());
    }
    boolean more = entries.size() == PAGE;
    while (more && entries.size() < most && lastReplacement(entries).isEmpty()) {
      List<Entry<StoredMessage>> page = log.readBackwards(entries.get(0).version() - 1, PAGE);
      page.forEach(entry -> entries.add(0, entry));
      more = page.size() == PAGE;
    }
    List<Entry<StoredMessage>> named = new ArrayList<>();
    long first = entries.get(0).version();
    lastReplacement(entries).map(StoredMessage::window).orElse(List.of()).stream()
        .filter(range -> range.first() < first)
        .forEach(range -> named.addAll(before(range, first)));
    named.sort((a, b) -> Long.compare(a.version(), b.version()));
    named.addAll(entries);
    return ConversationState.EMPTY.after(named, most);
  }

  private List<Entry<StoredMessage>> before(Range range, long end) {
    int length = Math.toIntExact(Math.min(range.last() + 1, end) - range.first());
    return log.read(range.first(), length).stream().filter(e -> e.version() < end).toList();
  }

  private static Optional<StoredMessage> lastReplacement(List<Entry<StoredMessage>> entries) {
    return entries.stream()
        .map(Entry::value)
        .filter(stored -> stored.effect() == Effect.REPLACES)
        .reduce((a, b) -> b);
  }

  /** Appends a message whatever the log has, and returns its version. */
  long append(ChatMessage message, Append options) {
    limit();
    return log.append(StoredMessage.next(message), options);
  }

  /** Makes the conversation what the caller made of what it had read, and keeps what it had not. */
  void update(ConversationState read, List<ChatMessage> wanted) {
    if (wanted.size() == read.turns().size() + 1 && read.begins(wanted)) {
      ChatMessage added = wanted.get(wanted.size() - 1);
      long unused = append(added, keptWithCall(Append.always(), read.turns(), added));
      return;
    }
    Edit edit = Edit.between(read.turns(), wanted);
    ConversationState now = read;
    long start = System.nanoTime();
    while (true) {
      try {
        write(now, edit.appliedTo(now.turns()));
        return;
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT
            || System.nanoTime() - start > PATIENCE.toNanos()) {
          throw e;
        }
      }
      now = read();
    }
  }

  private void write(ConversationState now, List<Turn> wanted) {
    int kept = now.turns().size();
    boolean extended = wanted.size() >= kept && sameTurns(now.turns(), wanted.subList(0, kept));
    if (extended && wanted.size() == kept) {
      return;
    }
    if (extended && wanted.size() == kept + 1) {
      ChatMessage message = wanted.get(kept).message();
      long unused = append(message, keptWithCall(Append.always(), wanted, kept));
      return;
    }
    limit();
    replace(now, withoutStraggler(wanted));
  }

  private static boolean sameTurns(List<Turn> some, List<Turn> others) {
    for (int i = 0; i < some.size(); i++) {
      if (some.get(i).version() != others.get(i).version()) {
        return false;
      }
    }
    return true;
  }

  private static Append keptWithCall(Append options, List<Turn> turns, int place) {
    return keptWithCall(options, turns.subList(0, place), turns.get(place).message());
  }

  private static Append keptWithCall(Append options, List<Turn> before, ChatMessage message) {
    return message instanceof ToolExecutionResultMessage result
        ? ToolResults.call(before, result, before.size()).stream()
            .mapToLong(call -> before.get(call).version())
            .filter(version -> version > 0)
            .mapToObj(options::keptWith)
            .findFirst()
            .orElse(options)
        : options;
  }

  /** A first message that stays while others go would keep all entries since; it is copied. */
  private static List<Turn> withoutStraggler(List<Turn> turns) {
    if (turns.size() < 2
        || turns.get(0).isNew()
        || turns.get(1).version() - turns.get(0).version() <= SLACK) {
      return turns;
    }
    List<Turn> copy = new ArrayList<>(turns);
    copy.set(0, Turn.ofNew(turns.get(0).message()));
    return copy;
  }

  private void replace(ConversationState now, List<Turn> wanted) {
    List<Turn> numbered = new ArrayList<>(wanted);
    List<Integer> added = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      if (wanted.get(i).isNew()) {
        added.add(i);
        numbered.set(i, new Turn(now.version() + added.size(), wanted.get(i).message()));
      }
    }
    long version = now.version();
    int waiting = Math.max(0, added.size() - 1);
    if (waiting > BULK) {
      version =
          log.appendAll(
              version,
              added.subList(0, waiting).stream()
                  .map(place -> StoredMessage.waiting(wanted.get(place).message()))
                  .toList());
    } else {
      for (int place : added.subList(0, waiting)) {
        Append options = keptWithCall(Append.at(version), numbered, place);
        version = log.append(StoredMessage.waiting(wanted.get(place).message()), options);
      }
    }
    Append options = Append.at(version);
    Optional<ChatMessage> last = Optional.empty();
    if (!added.isEmpty()) {
      int place = added.get(waiting);
      last = Optional.of(wanted.get(place).message());
      options = keptWithCall(options, numbered, place);
    }
    List<Range> window = Range.of(numbered.stream().map(Turn::version).toList());
    version = log.append(StoredMessage.replacing(last, window), options);
    removeUnneeded(now.first(), window, version);
  }

  private void removeUnneeded(long firstBefore, List<Range> window, long version) {
    long first = window.stream().mapToLong(Range::first).min().orElse(version);
    if (first / SLACK == firstBefore / SLACK) {
      return;
    }
    try {
      long unused =
          log.compact(version, StoredMessage.NOTHING, Math.toIntExact(version - first + 1));
    } catch (TransientPersistenceException e) {
      if (e.error() != DataError.VERSION_CONFLICT) {
        throw e;
      } // else another process has removed them
    }
  }

  private void limit() {
    if (!limited) {
      if (!limits.equals(Limits.NONE) && !log.limits().equals(limits)) {
        log.keep(limits);
      }
      limited = true;
    }
  }

  /** Deletes all messages. */
  void delete() {
    log.delete();
    known = ConversationState.EMPTY;
    limited = false;
  }
}
