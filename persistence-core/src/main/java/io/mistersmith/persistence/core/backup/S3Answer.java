package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** An XML answer of an object store. */
record S3Answer(Element root) {

  private static final String NO_DOCTYPE = "http://apache.org/xml/features/disallow-doctype-decl";

  /**
   * Reads an answer; one without a body has no elements.
   *
   * @throws IOException when it is no XML, as of a proxy in between
   */
  static S3Answer of(byte[] xml) throws IOException {
    byte[] text = xml.length == 0 ? "<nothing/>".getBytes(US_ASCII) : xml;
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setNamespaceAware(true);
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature(NO_DOCTYPE, true);
      DocumentBuilder builder = factory.newDocumentBuilder();
      builder.setErrorHandler(new DefaultHandler()); // the other one prints to standard error
      Document document = builder.parse(new ByteArrayInputStream(text));
      return new S3Answer(document.getDocumentElement());
    } catch (SAXException e) {
      throw new IOException("the answer is no XML", e);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("every JDK can read XML", e);
    }
  }

  boolean isError() {
    return "Error".equals(root.getLocalName());
  }

  /** Returns the elements of this name, wherever they are. */
  List<S3Answer> all(String name) {
    NodeList found = root.getElementsByTagNameNS("*", name);
    List<S3Answer> all = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      if (found.item(i) instanceof Element element) {
        all.add(new S3Answer(element));
      }
    }
    return all;
  }

  /** Returns the text of the first element of this name; empty when there is none. */
  String text(String name) {
    List<S3Answer> all = all(name);
    return all.isEmpty() ? "" : all.get(0).root().getTextContent().strip();
  }

  /** Returns the number in the first element of this name; 0 when there is none. */
  long number(String name) {
    String text = text(name);
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }
}
