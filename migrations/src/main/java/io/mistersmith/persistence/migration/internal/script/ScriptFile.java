package io.mistersmith.persistence.migration.internal.script;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A script as it lies in its folder.
 *
 * @param fileName its name, which gives all but the content
 * @param direction whether it leads to the version or back from it
 * @param version the version
 * @param name what it is about
 * @param sql its content
 */
public record ScriptFile(
    String fileName, Direction direction, MigrationVersion version, String name, String sql) {

  /** Where a script leads. */
  public enum Direction {
    FORWARD,
    BACK
  }

  // Three numbers are what both Flyway and a semver history can take: Flyway knows no pre-releases,
  // and reads V1.0 and V1.0.0 as the same version.
  private static final Pattern NAME =
      Pattern.compile("([VU])([0-9]+\\.[0-9]+\\.[0-9]+)__([A-Za-z0-9_]{1,200})\\.sql");

  /** Reads a script; line ends are made LF, so that a checkout cannot change the checksum. */
  public static ScriptFile of(String fileName, byte[] content) {
    Matcher matcher = checkName(fileName);
    return new ScriptFile(
        fileName,
        matcher.group(1).equals("V") ? Direction.FORWARD : Direction.BACK,
        version(fileName, matcher.group(2)),
        matcher.group(3).replace('_', ' '),
        text(fileName, content));
  }

  /** The parts of a script's name. */
  public static Matcher checkName(String fileName) {
    Matcher matcher = NAME.matcher(fileName);
    if (!matcher.matches()) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT,
          "Script "
              + fileName
              + ": the name is not V<major>.<minor>.<patch>__<name>.sql, or U… for the way back,"
              + " with a name of letters, digits and underscores; rename it");
    }
    return matcher;
  }

  private static MigrationVersion version(String fileName, String text) {
    try {
      return MigrationVersion.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Script " + fileName + ": " + e.getMessage(), e);
    }
  }

  private static String text(String fileName, byte[] content) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Script " + fileName + " is not in UTF-8; save it as UTF-8", e);
    }
    String withoutMark = text.startsWith("\uFEFF") ? text.substring(1) : text;
    String sql = withoutMark.replace("\r\n", "\n");
    if (sql.isBlank()) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Script " + fileName + " is empty; write its SQL or remove it");
    }
    return sql;
  }

  String checksum() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(sql.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java runtime lacks SHA-256, which all must have", e);
    }
  }
}
