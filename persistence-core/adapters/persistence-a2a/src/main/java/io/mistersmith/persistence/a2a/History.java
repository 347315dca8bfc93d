package io.mistersmith.persistence.a2a;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.a2a.spec.Message;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.state.StateType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one task, as a log. The server hands over the whole history each time. It is
 * compared with the one that this process handed over or read last, and the rest is appended; what
 * another process has appended since stays. A history that differs before its end takes the place
 * of the whole old one, as the log's summary.
 */
final class History {

  static final StateType<String> TYPE =
      StateType.of("a2a-history", String.class).withCodec(new RawJson());
  private static final int PAGE = 500;

  private final Log<String> log;
  private final Limits limits;
  private boolean limited;

  /** The messages as the server has them; null while this process does not know. */
  private @Nullable List<Message> seen;

  History(Persistence persistence, String taskId, Limits limits) {
    this.log = persistence.log(Owners.task(taskId), "history", TYPE);
    this.limits = limits;
  }

  synchronized List<Message> read() {
    List<Message> messages = new ArrayList<>();
    List<Entry<String>> page;
    long next = 1;
    do {
      page = log.read(next, PAGE);
      page.forEach(entry -> messages.addAll(parsed(entry)));
      next = page.isEmpty() ? next : page.get(page.size() - 1).version() + 1;
    } while (page.size() == PAGE);
    List<Message> known = seen;
    for (int i = 0; known != null && i < Math.min(known.size(), messages.size()); i++) {
      if (same(known.get(i), messages.get(i))) {
        messages.set(i, known.get(i)); // so that the next save compares references
      }
    }
    List<Message> read = List.copyOf(messages);
    seen = read;
    return read;
  }

  /** Returns the last messages alone. */
  List<Message> last(int count) {
    List<Message> messages = new ArrayList<>();
    if (count > 0) {
      log.tail(count).forEach(entry -> messages.addAll(parsed(entry)));
    }
    return List.copyOf(messages.subList(Math.max(0, messages.size() - count), messages.size()));
  }

  private static List<Message> parsed(Entry<String> entry) {
    JsonElement json = JsonParser.parseString(entry.value());
    List<Message> messages = new ArrayList<>();
    if (json instanceof JsonArray array) {
      array.forEach(one -> messages.add(Json.parse(one.toString(), Message.class)));
    } else {
      messages.add(Json.parse(entry.value(), Message.class));
    }
    return messages;
  }

  synchronized void write(List<Message> messages) {
    if (!limited && !log.limits().equals(limits)) {
      log.keep(limits);
    }
    limited = true;
    if (seen == null) {
      List<Message> unused = read();
    }
    List<Message> before = seen == null ? List.of() : seen;
    seen = null; // until the write is known to have succeeded
    if (startsWith(messages, before)) {
      List<Message> added = messages.subList(before.size(), messages.size());
      append(added, before);
    } else {
      replace(messages);
    }
    seen = List.copyOf(messages);
  }

  private void append(List<Message> added, List<Message> before) {
    if (added.isEmpty()) {
      return;
    }
    try {
      long unused = log.appendAll(added.stream().map(Json::of).toList());
    } catch (TransientPersistenceException e) {
      if (e.error() == DataError.VERSION_CONFLICT && added.size() == 1) {
        seen = before; // nothing was written: the save can be repeated
      }
      throw e;
    }
  }

  private static boolean startsWith(List<Message> messages, List<Message> before) {
    if (messages.size() < before.size()) {
      return false;
    }
    Object[] some = before.toArray(); // long arrays are compared faster than lists
    Object[] others = messages.toArray();
    for (int i = 0; i < some.length; i++) {
      if (some[i] != others[i] && !same(before.get(i), messages.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Numbers in metadata can have another type after they were read. */
  private static boolean same(Message one, Message other) {
    return Objects.equals(one, other)
        || (one.messageId().equals(other.messageId()) && Json.of(one).equals(Json.of(other)));
  }

  private void replace(List<Message> messages) {
    JsonArray all = new JsonArray();
    messages.forEach(message -> all.add(Json.object(Json.of(message))));
    long version = log.append("[]"); // a summary replaces what came since the one before
    long unused = log.compact(version, all.toString(), 0);
  }

  synchronized void delete() {
    log.delete();
    limited = false;
    seen = null;
  }
}
