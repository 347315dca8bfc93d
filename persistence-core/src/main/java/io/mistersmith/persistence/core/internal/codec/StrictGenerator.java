package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Refuses at the time of writing what PostgreSQL's jsonb would refuse at the time of the flush, or
 * a reader afterwards: NUL and unpaired surrogates in strings, numbers that no IEEE double can hold
 * (RFC 8259, section 6), and numbers, names and strings beyond Jackson's limits. Raw text that
 * bypasses it must be checked afterwards.
 */
final class StrictGenerator extends JsonGeneratorDelegate {

  private static final int MAX_NAME_BYTES = StreamReadConstraints.DEFAULT_MAX_NAME_LEN - 8;
  private static final int MAX_STRING = StreamReadConstraints.DEFAULT_MAX_STRING_LEN;

  private boolean wroteUnchecked;

  StrictGenerator(JsonGenerator delegate) {
    super(delegate, false);
  }

  /** Whether something was written that did not pass through the checks. */
  boolean wroteUnchecked() {
    return wroteUnchecked;
  }

  @Override
  public void writeFieldName(String name) throws IOException {
    checkName(name);
    super.writeFieldName(name);
  }

  @Override
  public void writeFieldName(SerializableString name) throws IOException {
    checkName(name.getValue());
    super.writeFieldName(name);
  }

  @Override
  public void writeString(String text) throws IOException {
    checkText(text);
    super.writeString(text);
  }

  @Override
  public void writeString(SerializableString text) throws IOException {
    checkText(text.getValue());
    super.writeString(text);
  }

  @Override
  public void writeString(char[] text, int offset, int length) throws IOException {
    writeString(new String(text, offset, length));
  }

  @Override
  public void writeString(Reader reader, int length) throws IOException {
    StringBuilder text = new StringBuilder();
    char[] buffer = new char[1024];
    int read;
    while ((length < 0 || text.length() < length) && (read = reader.read(buffer)) >= 0) {
      text.append(buffer, 0, length < 0 ? read : Math.min(read, length - text.length()));
    }
    writeString(text.toString());
  }

  @Override
  public void writeArray(double[] numbers, int offset, int length) throws IOException {
    writeStartArray(numbers, length);
    for (int i = offset; i < offset + length; i++) {
      writeNumber(numbers[i]);
    }
    writeEndArray();
  }

  @Override
  public void writeArray(String[] texts, int offset, int length) throws IOException {
    writeStartArray(texts, length);
    for (int i = offset; i < offset + length; i++) {
      writeString(texts[i]);
    }
    writeEndArray();
  }

  @Override
  public void writeNumber(double number) throws IOException {
    checkFinite(number);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(float number) throws IOException {
    checkFinite(number);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(BigDecimal number) throws IOException {
    Optional<String> refusal = JsonNumber.refusal(number);
    if (refusal.isPresent()) {
      throw refused(refusal.get());
    }
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(BigInteger number) throws IOException {
    if (Double.isInfinite(number.doubleValue())) {
      throw refused("a number is beyond the range of a double");
    }
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(String encoded) throws IOException {
    wroteUnchecked = true;
    super.writeNumber(encoded);
  }

  @Override
  public void writeNumber(char[] encoded, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeNumber(encoded, offset, length);
  }

  @Override
  public void writeRaw(String text) throws IOException {
    wroteUnchecked = true;
    super.writeRaw(text);
  }

  @Override
  public void writeRaw(String text, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeRaw(text, offset, length);
  }

  @Override
  public void writeRaw(SerializableString text) throws IOException {
    wroteUnchecked = true;
    super.writeRaw(text);
  }

  @Override
  public void writeRaw(char[] text, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeRaw(text, offset, length);
  }

  @Override
  public void writeRaw(char character) throws IOException {
    wroteUnchecked = true;
    super.writeRaw(character);
  }

  @Override
  public void writeRawValue(String text) throws IOException {
    wroteUnchecked = true;
    super.writeRawValue(text);
  }

  @Override
  public void writeRawValue(SerializableString text) throws IOException {
    writeRawValue(text.getValue());
  }

  @Override
  public void writeRawValue(String text, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeRawValue(text, offset, length);
  }

  @Override
  public void writeRawValue(char[] text, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeRawValue(text, offset, length);
  }

  @Override
  public void writeRawUTF8String(byte[] text, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeRawUTF8String(text, offset, length);
  }

  @Override
  public void writeUTF8String(byte[] text, int offset, int length) throws IOException {
    wroteUnchecked = true;
    super.writeUTF8String(text, offset, length);
  }

  private void checkName(String name) throws IOException {
    if (name.length() > MAX_NAME_BYTES / 4
        && name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
      throw refused("a name has more than " + MAX_NAME_BYTES + " bytes, which cannot be read back");
    }
    checkText(name);
  }

  private void checkText(String text) throws IOException {
    if (text.length() > MAX_STRING) {
      throw refused("a string has more than " + MAX_STRING + " characters; save it in pieces");
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != 0 && c < Character.MIN_SURROGATE) {
        continue;
      }
      if (c == 0) {
        throw refused(JsonText.nul(i));
      }
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw refused(JsonText.halfPair(i));
        }
        i++;
      }
    }
  }

  private void checkFinite(double number) throws IOException {
    if (!Double.isFinite(number)) {
      throw refused(Double.isNaN(number) ? "NaN is no JSON number" : "infinity is no JSON number");
    }
  }

  private JsonGenerationException refused(String reason) {
    return new JsonGenerationException(reason, this);
  }
}
