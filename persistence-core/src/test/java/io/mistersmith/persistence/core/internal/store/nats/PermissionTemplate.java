package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

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
    StringBuilder users = new StringBuilder("authorization {\n  users: [");
    for (String prefix : prefixes) {
      users.append(userOf(prefix));
    }
    return users.append("]\n}\n").toString();
  }
}
