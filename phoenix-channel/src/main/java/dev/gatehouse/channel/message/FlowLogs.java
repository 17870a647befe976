package dev.gatehouse.channel.message;

/// Where flow logs go; newer peers demand the object, an interval of 0 means nowhere.
public record FlowLogs(String apiUrl, long uploadIntervalSecs, long uploadBatchSize) {
    public static FlowLogs off(String apiUrl) {
        return new FlowLogs(apiUrl, 0, 0);
    }
}
