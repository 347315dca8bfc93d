package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.stream.Stream;

/** The permissions that the library's jar has for an operator, with a prefix filled in. */
public final class PermissionTemplate {

  private static final String RESOURCE = "/io/mistersmith/persistence/nats/permissions.conf";

  private PermissionTemplate() {}

  /** Returns the file as sed makes it. */
  static String of(String prefix) {
    try (InputStream in =
        Objects.requireNonNull(NatsStore.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      return new String(in.readAllBytes(), UTF_8).replace("PREFIX", prefix);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the one user of the file, to be put beside others. */
  static String userOf(String prefix) {
    String file = of(prefix);
    return file.substring(file.indexOf("users: [") + "users: [".length(), file.lastIndexOf(']'));
  }

  /** Returns an authorization block with a user for each prefix. */
  public static String ofAll(String... prefixes) {
    return block(Stream.of(prefixes).map(PermissionTemplate::userOf).collect(joining()));
  }

  /** Returns a block as of {@link #ofAll}, with a user more who may do what all of them may. */
  public static String withOneOfAll(String own, String... prefixes) {
    String ofAll =
        Stream.of(prefixes)
            .map(PermissionTemplate::userOf)
            .reduce(
                userOf(own),
                (user, other) -> merged(merged(user, other, "publish"), other, "subscribe"));
    return block(Stream.of(prefixes).map(PermissionTemplate::userOf).collect(joining()) + ofAll);
  }

  private static String merged(String user, String other, String direction) {
    String head = direction + ": [";
    int from = other.indexOf(head) + head.length();
    String subjects = other.substring(from, other.indexOf(']', from));
    return user.replace(head, head + subjects);
  }

  private static String block(String users) {
    return "authorization {\n  users: [" + users + "]\n}\n";
  }
}
