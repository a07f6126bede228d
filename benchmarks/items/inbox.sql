INSERT INTO accounts_customer (name, phone, phone_tail, company, source, tier, external_id, note, credit_limit,
    created_at, email, tags, language, time_zone, is_active)
SELECT '零售' || n, '+8617' || lpad(n::text, 9, '0'), right(lpad(n::text, 9, '0'), 4), '', 'wechat', 'retail', '', '', 0,
    now(), '', '[]', '', '', true
FROM generate_series(1, {count}) n;

INSERT INTO orders_order (number, customer_id, status, status_before, version, source, urgent, note, receiver_name,
    receiver_phone, province, city, district, street, currency, goods_total, discount, shipping_fee, total,
    paid_amount, refunded_amount, hold_reason, shortage, acknowledged_version, placed_at, updated_at,
    difference_refunded, assigned_to_id)
SELECT 'INBOX-' || lpad(n::text, 7, '0'), c.low + n - 1, 'paid', '', 1, 'wechat', false, '', '吴丽华', '+8613800138000',
    '广东省', '广州市', '白云区', '机场路 88 号', 'CNY', 398, 0, 0, 398, 398, 0, '', false, 1, now() - n * interval '1 minute',
    now(), 0, CASE WHEN n % 3 = 0 THEN (SELECT min(id) FROM accounts_staff) END
FROM generate_series(1, {count}) n, (SELECT min(id) AS low FROM accounts_customer WHERE name = '零售1') c;

INSERT INTO messaging_conversation (subject, last_seq, last_public_seq, last_customer_seq, last_shop_seq, shop_unread,
    customer_unread, closed_at, closed_seq, closed_total, state, last_message_at, created_at, customer_id, order_id, assigned_to_id, kind,
    general)
SELECT number, 4, 4, 4, 3, CASE WHEN id % 10 = 0 THEN 0 ELSE 2 END, 1, CASE WHEN id % 10 = 0 THEN now() END,
    CASE WHEN id % 10 = 0 THEN 4 ELSE 0 END, CASE WHEN id % 10 = 0 THEN 2 ELSE 0 END, CASE WHEN id % 10 = 0 THEN 'closed' ELSE 'open' END, placed_at, placed_at,
    customer_id, id, assigned_to_id, 'order', false
FROM orders_order WHERE number LIKE 'INBOX-%';

INSERT INTO messaging_message (conversation_id, seq, public_prev, kind, body, sender_kind, sender_id, sender_name, client_id,
    data, internal, created_at)
SELECT c.id, n, n - 1, CASE n WHEN 1 THEN 'event' ELSE 'text' END,
    (ARRAY['订单已创建', '雾霾蓝还有现货吗', '有的，今天可以发', '好的，要 ' || c.id || ' 号'])[n],
    (ARRAY['system', 'customer', 'staff', 'customer'])[n], CASE n WHEN 1 THEN 0 ELSE c.customer_id END, '零售',
    gen_random_uuid(), '{}', false, c.last_message_at - (4 - n) * interval '1 minute'
FROM messaging_conversation c, generate_series(1, 4) n WHERE c.subject LIKE 'INBOX-%';

ANALYZE accounts_customer;
ANALYZE orders_order;
ANALYZE messaging_conversation;
ANALYZE messaging_membership;
ANALYZE messaging_message;
