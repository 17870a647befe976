package dev.gatehouse.stun;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What real peers put on the wire is decoded, verified and written again to the same bytes.
class RecordedTrafficTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void everyMessageIsDecodedVerifiedAndWrittenAgain() throws JsonProcessingException {
        JsonNode keys = JSON.readTree(Bytes.resource("recorded/keys.json"));
        int verified = 0;
        int lines = 0;
        for (String line : Bytes.resource("recorded/stun-turn.jsonl").split("\n")) {
            JsonNode entry = JSON.readTree(line);
            JsonNode ours =
                    keys.get(entry.get("era").textValue() + " / " + entry.get("net").textValue());
            lines++;
            for (byte[] datagram : datagrams(Bytes.hex(entry.get("hex").textValue()))) {
                verified += check(datagram, entry.get("key").textValue(), ours);
            }
        }
        assertThat(lines).isEqualTo(389);
        assertThat(verified).isGreaterThan(300);
    }

    /// Returns 1 if the datagram carried a signature, which then was right.
    private static int check(byte[] datagram, String keyName, JsonNode keys) {
        if (ChannelData.isChannelData(datagram[0])) {
            return checkChannelData(datagram, keyName, keys);
        }
        var message = Bytes.message(datagram);
        assertThat(message.malformedAttribute()).isEmpty();
        if (!message.hasMessageIntegrity()) {
            assertThat(keyName).isEqualTo("unsigned");
            assertThat(rewrite(message, datagram, new byte[0])).isEqualTo(datagram);
            return 0;
        }
        byte[] key = signer(message, keyName, keys);
        assertThat(rewrite(message, datagram, key)).isEqualTo(datagram);
        return 1;
    }

    private static int checkChannelData(byte[] datagram, String keyName, JsonNode keys) {
        var buffer = ByteBuffer.wrap(datagram);
        int channel = ChannelData.channel(buffer, 0);
        assertThat(ChannelData.isChannel(channel)).isTrue();
        assertThat(ChannelData.payloadLength(buffer, 0))
                .isEqualTo(datagram.length - ChannelData.HEADER_LENGTH);
        var again = ByteBuffer.wrap(datagram.clone());
        ChannelData.writeHeader(again, 0, channel, datagram.length - ChannelData.HEADER_LENGTH);
        assertThat(again.array()).isEqualTo(datagram);
        if (isWireGuard(datagram)) {
            return 0;
        }
        var inner = Arrays.copyOfRange(datagram, ChannelData.HEADER_LENGTH, datagram.length);
        return check(inner, keyName.replace("inner ", ""), keys);
    }

    /// The key of a line names its first datagram: a later one of the same send may differ.
    private static boolean isWireGuard(byte[] channelData) {
        int at = ChannelData.HEADER_LENGTH;
        return channelData[at] >= 1 && channelData[at] <= 4 && channelData[at + 1] == 0;
    }

    /// The named key, or for a later datagram of one send whichever key of that network fits.
    private static byte[] signer(StunMessage message, String keyName, JsonNode keys) {
        var names = new ArrayList<String>();
        if (keys.has(keyName)) {
            names.add(keyName);
        }
        keys.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            byte[] key = key(name, keys);
            if (message.verifyIntegrity(key)) {
                return key;
            }
        }
        throw new AssertionError("no key verifies " + message);
    }

    private static byte[] key(String name, JsonNode keys) {
        String text = keys.get(name).textValue();
        return name.startsWith("turn") ? Bytes.hex(text) : Bytes.text(text);
    }

    /// Cuts a send with segmentation offload every first-message length.
    private static List<byte[]> datagrams(byte[] payload) {
        boolean channelData = ChannelData.isChannelData(payload[0]);
        int header = channelData ? ChannelData.HEADER_LENGTH : StunMessage.HEADER_LENGTH;
        int segment = header + Short.toUnsignedInt(ByteBuffer.wrap(payload).getShort(2));
        var found = new ArrayList<byte[]>();
        for (int at = 0; at < payload.length; at += segment) {
            found.add(Arrays.copyOfRange(payload, at, Math.min(at + segment, payload.length)));
        }
        return found;
    }

    private static byte[] rewrite(StunMessage message, byte[] original, byte[] key) {
        var writer =
                new StunWriter(message.messageClass(), message.method(), message.transactionId());
        var bytes = ByteBuffer.wrap(original);
        int relayed = 0;
        for (int at = StunMessage.HEADER_LENGTH; at < original.length; ) {
            int type = Short.toUnsignedInt(bytes.getShort(at));
            int length = Short.toUnsignedInt(bytes.getShort(at + 2));
            if (type == StunAttributes.XOR_RELAYED_ADDRESS) {
                writer.xorRelayedAddress(message.xorRelayedAddresses().get(relayed++));
            } else {
                copy(message, type, writer);
            }
            at += 4 + (length + 3 & ~3);
        }
        if (!message.hasMessageIntegrity()) {
            return writer.build();
        }
        return message.has(StunAttributes.FINGERPRINT)
                ? writer.buildSignedWithFingerprint(key)
                : writer.buildSigned(key);
    }

    private static void copy(StunMessage from, int type, StunWriter to) {
        switch (type) {
            case StunAttributes.USERNAME -> to.username(from.username().orElseThrow());
            case StunAttributes.REALM -> to.realm(from.realm().orElseThrow());
            case StunAttributes.NONCE -> to.nonce(from.nonce().orElseThrow());
            case StunAttributes.SOFTWARE -> to.software(from.software().orElseThrow());
            case StunAttributes.LIFETIME -> to.lifetime(from.lifetimeSeconds().orElseThrow());
            case StunAttributes.PRIORITY -> to.priority(from.priority().orElseThrow());
            case StunAttributes.USE_CANDIDATE -> to.useCandidate();
            case StunAttributes.ICE_CONTROLLED ->
                    to.iceControlled(from.iceControlled().orElseThrow());
            case StunAttributes.ICE_CONTROLLING ->
                    to.iceControlling(from.iceControlling().orElseThrow());
            case StunAttributes.XOR_MAPPED_ADDRESS ->
                    to.xorMappedAddress(from.xorMappedAddress().orElseThrow());
            case StunAttributes.XOR_PEER_ADDRESS ->
                    to.xorPeerAddress(from.xorPeerAddress().orElseThrow());
            case StunAttributes.CHANNEL_NUMBER ->
                    to.channelNumber(from.channelNumber().orElseThrow());
            case StunAttributes.REQUESTED_TRANSPORT -> to.requestedTransportUdp();
            case StunAttributes.ADDITIONAL_ADDRESS_FAMILY -> to.additionalAddressFamilyIpv6();
            case StunAttributes.REQUESTED_ADDRESS_FAMILY ->
                    to.requestedAddressFamily(IpAddress.Family.IPV6);
            case StunAttributes.ERROR_CODE -> {
                assertThat(from.messageClass()).isEqualTo(MessageClass.ERROR);
                int code = from.errorCode().orElseThrow();
                to.errorCode(code, StunErrors.reason(code));
            }
            case StunAttributes.MESSAGE_INTEGRITY, StunAttributes.FINGERPRINT -> {}
            default -> throw new AssertionError("attribute 0x%04x".formatted(type));
        }
    }
}
